using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Journals;

namespace OrleansGateway.Selections;

/// <summary>Where that comes from which prefixes select: the journals of all nodes, or where the store has none, the channels that there are.</summary>
/// <param name="client">Leads to channels.</param>
/// <param name="watch">Tells when something was appended.</param>
/// <param name="prefixes">Tells when something was appended below a prefix.</param>
/// <param name="channels">Tells which channels there are.</param>
/// <param name="journals">The journals, if there are some.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For channels that do not settle.</param>
internal sealed partial class SelectionSources(
    IClusterClient client,
    IJournalWatch watch,
    PrefixWatch prefixes,
    IChannelWatch channels,
    IEnumerable<IChannelJournals> journals,
    TimeProvider time,
    ILogger<SelectionSources> logger)
{
    // A call that was under way when its grain moved or died can stay without an answer for long.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(20);

    private readonly IChannelJournals? _journals = journals.SingleOrDefault();

    private IChannelJournals Journals => _journals ?? throw new NotSupportedException("This store has no journals.");

    /// <summary>Whether there are journals.</summary>
    public bool HasJournals => _journals is not null;

    /// <summary>The store that cursors name; empty where there are no journals.</summary>
    public string Store => _journals?.Store ?? string.Empty;

    /// <inheritdoc cref="IChannelWatch.Watch"/>
    public IAsyncEnumerable<WatchedChannels> Channels(CancellationToken cancellationToken) => channels.Watch(cancellationToken);

    /// <inheritdoc cref="IJournalWatch.News"/>
    public Task News() => watch.News();

    /// <inheritdoc cref="PrefixWatch.Watch"/>
    public PrefixWatch.Watcher Watch(IReadOnlyList<string> prefixesOfOne) => prefixes.Watch(prefixesOfOne);

    /// <inheritdoc cref="IChannelJournals.Ends"/>
    public Task<IReadOnlyDictionary<int, long>> Ends() => Journals.Ends();

    /// <inheritdoc cref="IChannelJournals.DroppedAfter"/>
    public Task<IReadOnlyList<string>> DroppedAfter(int journal, long after, Func<string, bool> includes, int max) =>
        Journals.DroppedAfter(journal, after, includes, max);

    /// <summary>Reads on after a place in each journal.</summary>
    public JournalReader Read(Func<string, bool> includes, IReadOnlyDictionary<int, JournalPlace> places, long fromMs = 0) =>
        new(Journals, includes, Settle, places, fromMs);

    /// <summary>Reads on from now.</summary>
    public async Task<JournalReader> ReadFromNow(Func<string, bool> includes)
    {
        // The ends are not of one moment. What a new owner appended may be before one, and what comes before it in its channel behind another:
        // so what comes until all are read again counts as read too.
        var ends = await Ends();
        var reader = Read(includes, ends.ToDictionary(x => x.Key, x => new JournalPlace(x.Value)));
        ends = await Ends();
        while (await reader.Read(ends, static (_, _, _) => { }) || await reader.Settle())
        {
        }

        return reader;
    }

    // Whoever asks a channel makes it settle down. While it moves it is asked again.
    private async Task Settle(string channel)
    {
        try
        {
            await client.GetGrain<IChannelGrain>(channel).GetPosition().WaitAsync(CallTimeout);
        }
        catch (Exception exception)
        {
            LogUnsettled(exception, channel);
        }

        await Task.Delay(BetweenAttempts, time);
    }

    [LoggerMessage(1, LogLevel.Debug, "Channel {Channel}: its owner changes; waiting for what counts")]
    private partial void LogUnsettled(Exception exception, string channel);
}
