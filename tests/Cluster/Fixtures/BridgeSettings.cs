using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Bridges;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>The bridges of a node beside that of the numbers, which a test may change while it runs as a reload does.</summary>
internal sealed class BridgeSettings : IConfigureOptions<BridgesOptions>, IOptionsChangeTokenSource<BridgesOptions>
{
    private volatile IReadOnlyDictionary<string, BridgeOptions> _bridges = new Dictionary<string, BridgeOptions>();
    private ConfigurationReloadToken _change = new();

    public string Name => Options.DefaultName;

    public IChangeToken GetChangeToken() => _change;

    public void Configure(BridgesOptions options)
    {
        foreach (var (name, bridge) in _bridges)
        {
            options.Bridges[name] = bridge;
        }
    }

    /// <summary>Replaces all of them.</summary>
    public void Change(params (string Name, BridgeOptions Bridge)[] bridges)
    {
        _bridges = bridges.ToDictionary(x => x.Name, x => x.Bridge);
        Interlocked.Exchange(ref _change, new ConfigurationReloadToken()).OnReload();
    }
}
