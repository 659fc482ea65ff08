using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Harness;

/// <summary>A cluster of real processes with ports and a state directory of its own.</summary>
internal sealed class GatewayNodes : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly ConcurrentDictionary<int, NodeProcess> _nodes = new();
    private readonly string _state = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
    private readonly int _ports = FreePorts();
    private readonly string _membership;
    private readonly string _numbers;
    private readonly ITestOutputHelper? _output;

    public GatewayNodes(string numbers, ITestOutputHelper? output = null, string membership = "local")
    {
        (_numbers, _output, _membership) = (numbers, output, membership);
    }

    public NodeProcess this[int node] => _nodes[node];

    public IEnumerable<int> Alive => _nodes.Where(x => x.Value.IsAlive).Select(x => x.Key).Order();

    public string OrleansGateway => $"127.0.0.1:{_ports + 20}";

    public Uri Address(int node) => new($"http://127.0.0.1:{_ports + node - 1}");

    public IEnumerable<string> Arguments(int node) =>
    [
        "--node", $"{node}", "--state", _state, "--http", $"{_ports}", "--silo", $"{_ports + 10}", "--orleans-gateway", $"{_ports + 20}",
        "--numbers", _numbers, "--membership", _membership,
    ];

    public void Launch(int node) => _nodes[node] = new NodeProcess(Arguments(node));

    public async Task Start(params int[] nodes)
    {
        foreach (var node in nodes)
        {
            Launch(node);
        }

        foreach (var node in nodes)
        {
            await Ready(node);
        }
    }

    public Task Ready(int node, double seconds = 30) => Until.True(
        async () =>
        {
            Assert.True(_nodes[node].IsAlive, $"node {node} ended:\n{_nodes[node].Output}");
            return await Answers(node, "/-/health/ready");
        },
        $"node {node} is ready",
        seconds);

    /// <summary>All nodes as one of them sees them: name, status, bridge; empty where it does not answer.</summary>
    public async Task<List<(string Name, string Status, bool Bridge)>> View(int node)
    {
        try
        {
            using var body = JsonDocument.Parse(await Http.GetStringAsync(new Uri(Address(node), "/-/cluster")));
            return [.. body.RootElement.GetProperty("nodes").EnumerateArray()
                .Select(x => (x.GetProperty("name").GetString()!, x.GetProperty("status").GetString()!, x.GetProperty("bridge").GetBoolean()))];
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return [];
        }
    }

    /// <summary>Waits until all of <paramref name="asked"/> see the same living owner of the bridge.</summary>
    public async Task<int> Owner(params int[] asked)
    {
        var owner = string.Empty;
        await Until.True(
            async () =>
            {
                var owners = await Task.WhenAll(asked.Select(async x => (await View(x)).FirstOrDefault(y => y.Bridge && y.Status == "active").Name));
                owner = owners[0];
                return owner is not null && owners.All(x => x == owner);
            },
            $"nodes {string.Join(", ", asked)} agree on the owner of the bridge",
            20);
        return int.Parse(owner["node-".Length..]);
    }

    /// <summary>Waits until all living nodes see these nodes as active.</summary>
    public Task Whole(double seconds, params int[] nodes) => Until.True(
        async () =>
        {
            foreach (var node in nodes)
            {
                var active = (await View(node)).Where(x => x.Status == "active").Select(x => x.Name).ToHashSet();
                if (!nodes.All(x => active.Contains($"node-{x}")))
                {
                    return false;
                }
            }

            return true;
        },
        "the cluster is whole",
        seconds);

    public async ValueTask DisposeAsync()
    {
        foreach (var (node, process) in _nodes)
        {
            process.Dispose();
            _output?.WriteLine($"== node {node}\n{Tail(process.Output)}");
        }

        Directory.Delete(_state, recursive: true);
        await Task.CompletedTask;
    }

    private static string Tail(string output) => output.Length < 6000 ? output : output[^6000..];

    private async Task<bool> Answers(int node, string path)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Address(node), path));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    // Below the ports that the system gives to clients, all thirty of them free.
    internal static int FreePorts()
    {
        while (true)
        {
            var first = Random.Shared.Next(1200, 3200) * 10;
            if (Enumerable.Range(first, 30).All(IsFree))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
