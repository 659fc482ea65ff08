using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Conformance;

/// <summary>
/// The gateway that is tested: the nodes that the environment variable <c>GATEWAY_URLS</c> names, or three that are started for all tests. With
/// <c>GATEWAY_DIRECT=false</c> those serve all requests through the web server.
/// </summary>
internal static class Gateway
{
    private static readonly string? Urls = Environment.GetEnvironmentVariable("GATEWAY_URLS");
    private static readonly string? Direct = Environment.GetEnvironmentVariable("GATEWAY_DIRECT");
    private static readonly Lazy<Task<Uri[]>> Started = new(Start);

    /// <summary>Whether the nodes are somebody else's: nothing of them may be configured or hurt.</summary>
    public static bool IsForeign => Urls is not null;

    /// <summary>The addresses of its nodes, at least one.</summary>
    public static Task<Uri[]> Nodes => Started.Value;

    private static async Task<Uri[]> Start()
    {
        if (Urls is not null)
        {
            return [.. Urls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(x => new Uri(x))];
        }

        var numbers = new CountingServer(20);
        var nodes = new GatewayNodes(numbers.Address)
        {
            Environment = new Dictionary<string, string>
            {
                ["Gateway__Origins__0"] = Origins.Configured,
                ["Gateway__DirectConnections"] = Direct ?? "true",
            },
        };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => nodes.DisposeAsync().AsTask().Wait();
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        return [nodes.Address(1), nodes.Address(2), nodes.Address(3)];
    }
}

/// <summary>A test of a sentence of the contract: what happens at one node is seen at the others.</summary>
public abstract class ConformanceTest : IAsyncLifetime
{
    private Uri[] _nodes = [];

    private protected Uri A => _nodes[0];

    private protected Uri B => _nodes[1 % _nodes.Length];

    private protected Uri C => _nodes[2 % _nodes.Length];

    /// <summary>A channel that nobody else uses.</summary>
    private protected string Channel { get; } = $"test/{Guid.NewGuid():N}";

    public async Task InitializeAsync() => _nodes = await Gateway.Nodes;

    public Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>Needs nodes that were started, and configured, for these tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OwnNodesFactAttribute : FactAttribute
{
    public OwnNodesFactAttribute() => Skip = Gateway.IsForeign ? "The nodes of GATEWAY_URLS are not configured for it." : null;
}
