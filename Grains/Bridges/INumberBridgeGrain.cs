using Orleans.Concurrency;

namespace OrleansGateway.Bridges;

/// <summary>
/// The one reader of a source in the whole cluster; the key is the bridge's name. It lives as long as one node lives:
/// every node pokes it again and again.
/// </summary>
[Alias("OrleansGateway.INumberBridgeGrain")]
internal interface INumberBridgeGrain : IGrainWithStringKey
{
    /// <summary>Makes it run where it does not, and tells how it is.</summary>
    [Alias("Poke"), AlwaysInterleave]
    Task<BridgeStatus> Poke();
}

/// <summary>How a bridge is.</summary>
/// <param name="Owner">The silo that it runs on.</param>
/// <param name="Connected">Whether its connection to the source is up.</param>
/// <param name="Published">Lines published since it took over.</param>
/// <param name="Skipped">Lines that were skipped since it took over, since they are not of the kind or too long.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.BridgeStatus")]
internal sealed record BridgeStatus(
    [property: Id(0)] SiloAddress Owner,
    [property: Id(1)] bool Connected,
    [property: Id(2)] long Published,
    [property: Id(3)] long Skipped);
