namespace OrleansGateway.Tests.Harness;

/// <summary>Three nodes that nobody hurts, for all tests that only talk to them.</summary>
public sealed class SharedNodes : IAsyncLifetime
{
    internal GatewayNodes Nodes { get; private set; } = null!;

    internal CountingServer Numbers { get; private set; } = null!;

    internal HttpClient Http { get; } = new();

    public static string FreshChannel() => $"test/{Guid.NewGuid():N}";

    public async Task InitializeAsync()
    {
        Numbers = new CountingServer(20);
        Nodes = new GatewayNodes(Numbers.Address);
        await Nodes.Start(1, 2, 3);
        await Nodes.Whole(15, 1, 2, 3);
    }

    public async Task DisposeAsync()
    {
        await Nodes.DisposeAsync();
        await Numbers.DisposeAsync();
        Http.Dispose();
    }
}
