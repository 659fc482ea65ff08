namespace OrleansGateway.Tests.Clients;

/// <summary>The tests that take all cores that they get: one after the other, beside those that wait.</summary>
[CollectionDefinition(Name)]
public sealed class HardWork
{
    public const string Name = "hard work";
}
