namespace OrleansGateway.Tests.Commands.Terminal;

/// <summary>Three nodes in the background, for tests that look at them in turns.</summary>
public sealed class RunningGateway : IAsyncLifetime
{
    public const string Name = "a gateway that runs";

    internal TestGateway Gateway { get; } = new();

    public Task InitializeAsync() => Gateway.Do("start");

    public async Task DisposeAsync() => await Gateway.DisposeAsync();
}

/// <summary>The tests that share them.</summary>
[CollectionDefinition(RunningGateway.Name)]
public sealed class RunningGatewayTests : ICollectionFixture<RunningGateway>;
