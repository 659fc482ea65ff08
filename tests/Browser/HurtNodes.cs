namespace OrleansGateway.Tests.Browser;

/// <summary>Three nodes to be hurt by one test after the other.</summary>
public sealed class HurtNodes : IAsyncLifetime
{
    internal CountingServer Numbers { get; private set; } = null!;

    internal GatewayNodes Nodes { get; private set; } = null!;

    public Task InitializeAsync()
    {
        Numbers = new CountingServer(20);
        Nodes = new GatewayNodes(Numbers.Address);
        return Task.CompletedTask;
    }

    /// <summary>Starts what is not there.</summary>
    public async Task MakeWhole()
    {
        await Nodes.Start([.. new[] { 1, 2, 3 }.Except(Nodes.Alive)]);
        await Nodes.Whole(20, 1, 2, 3);
        await Nodes.Owner(1, 2, 3);
    }

    /// <summary>Kills a node; returns when it is dead.</summary>
    public async Task Kill(int node)
    {
        Nodes[node].Kill();
        await Nodes[node].Exit();
    }

    public async Task DisposeAsync()
    {
        await Nodes.DisposeAsync();
        await Numbers.DisposeAsync();
    }
}
