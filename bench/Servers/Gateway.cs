namespace OrleansGateway.Bench.Servers;

/// <summary>One node of the gateway, or a cluster of some.</summary>
internal sealed class Gateway : Server
{
    private static readonly HttpClient Http = new();
    private readonly int[] _ports;

    private Gateway(string storage, int[] ports) => (Name, _ports) = ($"gateway {storage}", ports);

    public override string Name { get; }

    public override IReadOnlyList<int> Ports => _ports;

    /// <summary>Starts nodes and waits until each is ready.</summary>
    /// <param name="setup">Which build.</param>
    /// <param name="storage">memory or local.</param>
    /// <param name="slot">Which ports: gateways that run at the same time have different ones.</param>
    /// <param name="nodes">How many nodes.</param>
    public static async Task<Gateway> Start(Setup setup, string storage, int slot = 0, int nodes = 1)
    {
        var gateway = new Gateway(storage, [.. Enumerable.Range(0, nodes).Select(x => Bench.Ports.Http(slot) + x)]);
        try
        {
            for (var node = 1; node <= nodes; node++)
            {
                gateway.Launch(Command(setup, storage, slot, node, gateway.Directory));
            }

            foreach (var port in gateway.Ports)
            {
                await gateway.Ready(() => IsReady(port));
            }

            return gateway;
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }

    /// <summary>The command of a node.</summary>
    public static string[] Command(Setup setup, string storage, int slot, int node, string state) =>
    [
        "dotnet", setup.Node, "--node", $"{node}", "--state", state, "--storage", storage, "--http", $"{Bench.Ports.Http(slot)}",
        "--silo", $"{Bench.Ports.Silo(slot)}", "--orleans-gateway", $"{Bench.Ports.OrleansGateway(slot)}",

        // Nobody is there: the bridge costs nothing.
        "--numbers", $"127.0.0.1:{Bench.Ports.Nobody}",
    ];

    public override IEnumerable<string> Paths(string form, string place) => ["--sub-path", $"/{place}/ch%d", "--pub-path", $"/{place}/ch%d"];

    private static async Task<bool> IsReady(int port)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{port}/-/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
