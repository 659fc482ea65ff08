namespace OrleansGateway.Bench;

/// <summary>What a run was asked for.</summary>
/// <param name="Rounds">How often each figure is taken.</param>
/// <param name="Node">The build of the node that is measured: its OrleansGateway.Silo.dll.</param>
internal sealed record Setup(int Rounds, string Node);

/// <summary>Where things are.</summary>
internal static class Places
{
    /// <summary>The checkout.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    /// <summary>The node of this checkout.</summary>
    public static string Node { get; } = Path.Combine(Root, "Silo/bin/Release/net10.0/OrleansGateway.Silo.dll");

    /// <summary>Sources and configuration of the peers.</summary>
    public static string Peers { get; } = Path.Combine(Root, "bench/peers");

    /// <summary>What run.sh compiled of them.</summary>
    public static string Native { get; } = Path.Combine(Root, "bench/bin/native");
}

/// <summary>The ports, all on loopback. Gateways that run at the same time have different slots.</summary>
internal static class Ports
{
    public const int Nchan = 19301;

    public const int Reference = 19361;

    /// <summary>Nobody listens there.</summary>
    public const int Nobody = 19399;

    public static int Http(int slot) => 19188 + (10 * slot);

    public static int Silo(int slot) => 12511 + (10 * slot);

    public static int OrleansGateway(int slot) => 13511 + (10 * slot);
}
