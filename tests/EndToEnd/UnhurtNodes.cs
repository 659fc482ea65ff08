using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.EndToEnd;

/// <summary>The tests that share three nodes.</summary>
[CollectionDefinition(Name)]
public sealed class UnhurtNodes : ICollectionFixture<SharedNodes>
{
    public const string Name = "shared nodes";
}
