namespace OrleansGateway.Samples.ChatServer;

/// <summary>Asks those who shout to speak quietly.</summary>
internal sealed class Moderator(IClusterClient cluster) : Attendant(cluster, Name)
{
    public const string Name = "moderator";

    protected override Remark? Answer(string speaker, string text, string id) =>
        text.Any(char.IsLetter) && !text.Any(char.IsLower) ? new Remark($"{speaker}, please don't shout", $"quiet {id}") : null;
}
