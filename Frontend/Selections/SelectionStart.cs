using System.IO.Pipelines;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Selections;

/// <summary>Finds the place at which a subscription to several channels begins.</summary>
internal sealed class SelectionStart(SelectionRelay relay, SelectionSources sources, TimeProvider time)
{
    // More channels than that with a gap are told as one.
    private const int MaxGaps = 64;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>Finds it.</summary>
    /// <param name="since">What the client asks for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isComplete">Whether to wait until all that was acknowledged before now has come to this node.</param>
    public async Task<SelectionBeginning> Find(Since since, CancellationToken cancellationToken, bool isComplete = false)
    {
        var selection = relay.Selection;
        var now = relay.Here().Position;
        var from = since.Kind == SinceKind.None ? now : since.Cursor?.PositionIn(selection, now) ?? new SelectionPosition();
        var told = since.Cursor?.Text ?? string.Empty;
        var gaps = new List<Gap>();
        var newest = new SelectionPosition();
        if (isComplete && relay.HasJournals)
        {
            foreach (var (journal, end) in await sources.Ends().WaitAsync(cancellationToken))
            {
                newest.Journals[journal] = new JournalPlace(end);
            }
        }

        if (since.Cursor is { } cursor && selection.Prefixes.Any(cursor.Knows))
        {
            told = await FindInJournals(cursor, from, gaps).WaitAsync(cancellationToken);
        }

        foreach (var (name, channel) in relay.Channels.OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            // Only what is named is in a cursor.
            if (since.Kind == SinceKind.None || (since.Cursor is { } known && known.Of(name) is null))
            {
                continue;
            }

            var start = await StartingPoint.FindId(channel, since.Cursor is null ? since : new Since(SinceKind.Id, from.Channels[name]), time, cancellationToken);
            from.Channels[name] = start.After!.Value;
            newest.Channels[name] = isComplete ? start.Newest : start.After!.Value;
            if (start.Gap is { } gap)
            {
                gaps.Add(gap with { After = told, Resumed = told = relay.CursorOf(from) });
            }
        }

        var (place, here) = relay.Here();
        while (!here.Covers(from) || !here.Covers(newest))
        {
            // Ahead of this node, which will be there soon.
            await Task.Delay(BetweenLooks, time, cancellationToken);
            (place, here) = relay.Here();
        }

        var reader = since.Kind == SinceKind.Latest && relay.HasJournals ? await ReadLatest(from, here, cancellationToken)
            : relay.Read(from, here, since.Cursor?.FilterFor(selection) ?? selection.IsBelowPrefix, fromMs: since.TimeMs);
        return new SelectionBeginning(relay, reader, relay.CursorOf(from), place, gaps);
    }

    /// <summary>Finds what is missing below the prefixes.</summary>
    /// <returns>The cursor before the gaps that come next.</returns>
    private async Task<string> FindInJournals(Cursor cursor, SelectionPosition from, List<Gap> gaps)
    {
        var (prefixes, told) = (relay.PrefixesText(cursor), cursor.Text);
        if (cursor.Store != sources.Store || !relay.HasJournals)
        {
            // All that is kept, or what is new where nobody knows what was seen.
            from.Journals.Clear();
            gaps.Add(new Gap(prefixes, told, told = relay.CursorOf(from), null));
            return told;
        }

        var filter = cursor.FilterFor(relay.Selection);
        var ends = await sources.Ends();
        var dropped = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (journal, place) in cursor.Journals)
        {
            if (place.Last > ends.GetValueOrDefault(journal))
            {
                // It was never there: only what is new.
                from.Journals[journal] = new JournalPlace(ends.GetValueOrDefault(journal));
                gaps.Add(new Gap(prefixes, told, told = relay.CursorOf(from), null));
            }
            else
            {
                dropped.UnionWith(await sources.DroppedAfter(journal, place.Next - 1, filter, MaxGaps + 1));
            }
        }

        // What is not in it is a file that came later: of that everything is missing that was dropped.
        foreach (var journal in ends.Keys.Where(x => !cursor.Journals.ContainsKey(x)))
        {
            dropped.UnionWith(await sources.DroppedAfter(journal, 0, filter, MaxGaps + 1));
        }

        gaps.AddRange((dropped.Count > MaxGaps ? [prefixes] : dropped).Select(x => new Gap(x, told, told, null)));
        return told;
    }

    /// <summary>The newest message of each channel, and then what comes after.</summary>
    private async Task<SelectionReader> ReadLatest(SelectionPosition from, SelectionPosition here, CancellationToken cancellationToken)
    {
        var ends = here.Journals.ToDictionary(x => x.Key, x => x.Value.Last);
        var latest = new Dictionary<string, (int Journal, JournalEntry Entry)>(StringComparer.Ordinal);
        var journals = sources.Read(relay.Selection.IsBelowPrefix, from.Journals);
        while (!journals.IsAt(ends))
        {
            if (!await journals.Read(ends, (journal, entry, _) => latest[entry.Channel] = (journal, LastOf(entry))).WaitAsync(cancellationToken) && !await journals.Settle())
            {
                await Task.Delay(BetweenLooks, time, cancellationToken);
            }
        }

        return relay.ReadLatest(from, here, latest.Values);
    }

    // One message of each channel, and not the batch that it came in.
    private static JournalEntry LastOf(JournalEntry entry)
    {
        ChannelMessage last = default;
        foreach (var message in entry.Batch)
        {
            last = message;
        }

        var (batch, draft) = (entry.Batch, new MessageDraft(last.ContentType, last.Body.ToArray()));
        return entry with { Batch = MessageBatch.Pack(batch.Term, batch.Epoch, last.Offset, last.TimeMs, [draft]) };
    }
}

/// <summary>The place at which a subscription to several channels begins.</summary>
/// <param name="relay">Their relay.</param>
/// <param name="reader">Reads what comes before what is new; null for nothing.</param>
/// <param name="cursor">The cursor before it.</param>
/// <param name="place">The place in the ring up to which it reads.</param>
/// <param name="gaps">What is missing.</param>
internal sealed class SelectionBeginning(
    SelectionRelay relay, SelectionReader? reader = null, string cursor = "", long place = 0, IReadOnlyList<Gap>? gaps = null) : Beginning
{
    public override IReadOnlyList<Gap> Gaps => gaps ?? [];

    /// <summary>Reads what there is; null where that was not asked for.</summary>
    public SelectionReader? Reader => reader;

    /// <summary>The cursor before it.</summary>
    public string Cursor => cursor;

    /// <summary>The place in the ring up to which it reads.</summary>
    public long Place => place;

    public override Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress) =>
        Join(encoder, output, time, progress, isPoll: false);

    /// <summary>The same, which may end with what there is.</summary>
    public SelectionSubscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress, bool isPoll)
    {
        var subscriber = new SelectionSubscriber(relay, encoder, output, time, progress);
        if (reader is null)
        {
            subscriber.JoinLive();
        }
        else
        {
            subscriber.JoinAfter(reader, cursor, isPoll ? null : place);
        }

        return subscriber;
    }
}

/// <summary>What there is in several channels when it is asked for.</summary>
/// <param name="relay">Their relay.</param>
/// <param name="start">Where it begins.</param>
/// <param name="hasMessages">Whether there is any message.</param>
internal sealed class SelectionPoll(SelectionRelay relay, SelectionBeginning start, bool hasMessages) : Poll
{
    public override IReadOnlyList<Gap> Gaps => start.Gaps;

    public override bool IsEmpty => !hasMessages && start.Gaps.Count == 0;

    // Every cursor has this gap, and it says no more than that: it goes out with what is waited for. Else a client would ask for ever and never get that.
    public override bool IsAwaited => !hasMessages && start.Gaps.All(x => relay.LosesPlace && ChannelSelection.IsSelection(x.Channel));

    public override string ResumeId => start.Reader!.End;

    public override Task<Poll> FindAgain(CancellationToken cancellationToken) =>
        relay.PollInRing(start) is { } found
            ? Task.FromResult<Poll>(found)
            : relay.FindPoll(new Since(SinceKind.Cursor, Cursor: Cursor.Parse(ResumeId)), cancellationToken);

    public override Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress) =>
        start.Join(encoder, output, time, progress, isPoll: true);
}
