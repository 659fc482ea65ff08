namespace OrleansGateway.Tests.Harness;

/// <summary>Subscribers to the numbers by all transports, at some nodes. Whoever is at a node that dies is gone; the others must go on.</summary>
internal sealed class Audience(GatewayNodes nodes) : IAsyncDisposable
{
    public static readonly string[] Transports = ["raw", "sse", "ws", "tail"];

    private readonly Dictionary<int, List<Reader>> _present = [];
    private readonly List<Reader> _all = [];

    public IEnumerable<Reader> Present => _present.Values.SelectMany(x => x);

    /// <summary>One by each transport at each of these nodes, with the first numbers.</summary>
    public async Task Join(params int[] at)
    {
        foreach (var node in at)
        {
            _present[node] = [];
            foreach (var transport in Transports)
            {
                var reader = await Reader.Open(nodes.Address(node), "numbers", transport);
                _present[node].Add(reader);
                _all.Add(reader);
            }
        }

        await Task.WhenAll(at.SelectMany(x => _present[x]).Select(x => x.WaitForMore("first numbers", 5)));
    }

    /// <summary>The node died: its subscribers are cut off.</summary>
    public async Task Leave(int node)
    {
        _present.Remove(node, out var gone);
        await Task.WhenAll(gone!.Select(x => x.Ended)).WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.All(gone!, x => Assert.True(x.Ended.IsCompleted, $"{x.Name} does not notice that its node is gone"));
    }

    public Task GoOn(string what, int more) => Task.WhenAll(Present.Select(x => x.WaitForMore(what, more)));

    /// <summary>Checks what everybody saw, those too who are gone.</summary>
    public void Check()
    {
        foreach (var reader in _all)
        {
            reader.CheckNumbers();
            if (!reader.Name.StartsWith("tail", StringComparison.Ordinal))
            {
                reader.CheckComplete();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _all)
        {
            await reader.DisposeAsync();
        }
    }
}
