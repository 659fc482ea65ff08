using Orleans.Concurrency;
using Orleans.Placement;
using OrleansGateway.Cluster;

namespace OrleansGateway.Journals;

/// <summary>The journal of the node whose silo its key names.</summary>
[Alias("OrleansGateway.IJournalGrain")]
internal interface IJournalGrain : IGrainWithStringKey
{
    /// <summary>Waits until the journal goes beyond a place.</summary>
    /// <param name="place">The place; a negative one does not wait.</param>
    /// <param name="atMost">How long to wait.</param>
    /// <returns>The newest place.</returns>
    [Alias("WaitBeyond"), AlwaysInterleave]
    Task<long> WaitBeyond(long place, TimeSpan atMost);
}

/// <inheritdoc cref="IJournalGrain"/>
[SiloPlacement, Immovable]
internal sealed class JournalGrain(IChannelJournals journals, TimeProvider time) : Grain, IJournalGrain
{
    public async Task<long> WaitBeyond(long place, TimeSpan atMost)
    {
        using var enough = new CancellationTokenSource(atMost, time);
        await journals.GrownBeyond(place).WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return journals.Newest;
    }
}
