using System.Collections.Concurrent;
using System.Text.Json;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Harness;

/// <summary>A cluster of real processes with ports and a state directory of its own.</summary>
internal sealed class GatewayNodes : IAsyncDisposable
{
    private static readonly SemaphoreSlim Starting = new(1);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    // A node has 5 s to answer a publish.
    private static readonly HttpClient Publisher = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly ConcurrentDictionary<int, NodeProcess> _nodes = new();
    private readonly ConcurrentQueue<(int Node, NodeProcess Process)> _all = [];
    private readonly string _state;
    private readonly PortBlock _block = PortBlock.Take();
    private readonly int _ports;
    private readonly string _membership;
    private readonly string _numbers;
    private readonly ITestOutputHelper? _output;

    public GatewayNodes(string numbers, ITestOutputHelper? output = null, string membership = "local", string? state = null)
    {
        (_numbers, _output, _membership, _ports) = (numbers, output, membership, _block.First);
        _state = state ?? Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
    }

    /// <summary>Where the messages are kept; null: where the nodes keep them unless told otherwise.</summary>
    public string? Storage { get; init; }

    /// <summary>Settings of all nodes, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A program, with its arguments, that becomes each node.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>The address that all nodes listen on.</summary>
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>All processes that there ever were.</summary>
    public IEnumerable<(int Node, NodeProcess Process)> All => _all;

    public NodeProcess this[int node] => _nodes[node];

    public IEnumerable<int> Alive => _nodes.Where(x => x.Value.IsAlive).Select(x => x.Key).Order();

    public string OrleansGateway => $"127.0.0.1:{_ports + 20}";

    public Uri Address(int node) => new($"http://{Bind}:{_ports + node - 1}");

    public IEnumerable<string> Arguments(int node) =>
    [
        "--node", $"{node}", "--bind", Bind, "--state", _state, "--http", $"{_ports}", "--silo", $"{_ports + 10}", "--orleans-gateway", $"{_ports + 20}",
        "--numbers", _numbers, "--membership", _membership, .. Storage is null ? Array.Empty<string>() : ["--storage", Storage],
    ];

    public void Launch(int node)
    {
        var process = new NodeProcess(Arguments(node), Environment, Wrapper);
        _all.Enqueue((node, process));
        _nodes[node] = process;
    }

    public async Task Start(params int[] nodes)
    {
        // Where tests run at the same time, all clusters together would start so slowly that none is ready in time.
        await Starting.WaitAsync();
        try
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
        finally
        {
            Starting.Release();
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

    /// <summary>Waits until all of <paramref name="asked"/> see the same owner of the bridge, one that lives: right after a kill they still name the dead one.</summary>
    public async Task<int> Owner(params int[] asked)
    {
        var owner = 0;
        await Until.True(
            async () =>
            {
                var owners = await Task.WhenAll(asked.Select(async x => (await View(x)).FirstOrDefault(y => y.Bridge && y.Status == "active").Name));
                owner = owners[0] is { } name && owners.All(x => x == name) ? int.Parse(name["node-".Length..]) : 0;
                return owner != 0 && _nodes[owner].IsAlive;
            },
            $"nodes {string.Join(", ", asked)} agree on the owner of the bridge",
            20);
        return owner;
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

    /// <summary>Publishes a text by way of a node.</summary>
    public async Task Publish(int node, string channel, string text) =>
        Assert.True(await TryPublish(Publisher, node, channel, text), $"node {node} did not take '{text}' for channel {channel}");

    public Task<bool> TryPublish(int node, string channel, string text) => TryPublish(Http, node, channel, text);

    /// <summary>Writes what the nodes said, those too that are gone.</summary>
    public void Show(ITestOutputHelper output)
    {
        foreach (var (node, process) in _all)
        {
            output.WriteLine($"== node {node}, process {process.Pid}\n{Tail(process.Output)}");
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (_, process) in _all)
        {
            process.Dispose();
        }

        if (_output is not null)
        {
            Show(_output);
        }

        _block.Dispose();
        Directory.Delete(_state, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string Tail(string output) => output.Length < 16_000 ? output : output[^16_000..];

    private async Task<bool> TryPublish(HttpClient http, int node, string channel, string text)
    {
        try
        {
            using var content = new StringContent(text);
            using var answer = await http.PostAsync(new Uri(Address(node), channel), content);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

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
}
