using OrleansGateway.Bridges;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Bridges;

public class NumberBridgeTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    // Its takeover when a node dies is tested with real processes: tests/EndToEnd/Demo/KillTests.cs.
    [Fact]
    public async Task Bridge_PokedFromEveryNode_IsOneConnection()
    {
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        await Eventually.TrueAsync(async () => (await bridge.Poke()) is { Connected: true, Published: > 10 }, "numbers flow");
        var owner = (await cluster.HolderOf(bridge))!;
        Assert.Equal(owner.Address, (await bridge.Poke()).Owner);
        Assert.Equal(1, cluster.Numbers.Accepted);
        Assert.Equal(1, cluster.Numbers.Open);
    }
}
