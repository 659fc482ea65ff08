namespace OrleansGateway.Cli.Cluster;

/// <summary>What there is to say about <c>--membership development</c>.</summary>
internal static class Development
{
    public const string AtStart =
        "--membership development: the nodes know each other from the memory of node 1. Should node 1 die, the others can't recover; then everything must be started anew";

    public const string AtStop = "node 1 has what the nodes know of each other (--membership development): the others can't go on without it";

    public const string AtDeath =
        "node 1 is gone, and with it what the nodes know of each other (--membership development): the others can't recover. Start everything anew:";
}
