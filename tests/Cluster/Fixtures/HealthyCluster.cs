namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>A cluster that no test hurts: all of them share it.</summary>
[CollectionDefinition(Name)]
public sealed class HealthyCluster : ICollectionFixture<GatewayCluster>
{
    public const string Name = "healthy cluster";
}
