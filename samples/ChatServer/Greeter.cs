namespace OrleansGateway.Samples.ChatServer;

/// <summary>Welcomes everybody who speaks for the first time.</summary>
internal sealed class Greeter(IClusterClient cluster) : Attendant(cluster, Name)
{
    public const string Name = "greeter";

    private readonly HashSet<string> _known = [Name, Moderator.Name];

    protected override Remark? Answer(string speaker, string text, string id) =>
        _known.Add(speaker) ? new Remark($"welcome, {speaker}", $"welcome {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(speaker))}") : null;
}
