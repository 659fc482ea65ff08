namespace OrleansGateway.Bench.Servers;

/// <summary>A server in C that does the least possible: the floor.</summary>
internal sealed class Reference : Server
{
    private Reference(int port) => Ports = [port];

    public override string Name => "ref";

    public override IReadOnlyList<int> Ports { get; }

    public static async Task<Reference> Start(params string[] mode)
    {
        var reference = new Reference(Bench.Ports.Reference);
        try
        {
            reference.Launch([Path.Combine(Places.Native, "refserver"), $"{Bench.Ports.Reference}", .. mode]);
            await reference.Ready(() => Accepts(Bench.Ports.Reference));
            return reference;
        }
        catch
        {
            reference.Dispose();
            throw;
        }
    }

    public override IEnumerable<string> Paths(string form, string place) => ["--sub-path", $"/{place}%d", "--pub-path", $"/{place}%d"];
}
