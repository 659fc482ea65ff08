using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Metrics;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Selections;

/// <summary>
/// Several channels on this node as one: the channels that are named come from their relays, and what is below the prefixes from
/// the journals, or where there are none from the relays of all channels that are there. Each entry of its ring has the cursor that goes on after it.
/// </summary>
internal sealed partial class SelectionRelay : Relay, IRelayTap
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan JoiningPatience = TimeSpan.FromSeconds(1);

    private readonly RelayRegistry _relays;
    private readonly SelectionSources _sources;
    private readonly ILogger<SelectionRelay> _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ChannelRelay> _channels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Action>> _joining = new(StringComparer.Ordinal);
    private readonly SelectionPosition _position = new();
    private readonly Cursor.Writer _cursors;
    private long _toldTo;

    // Only while it has all that there is, and waits for more below its prefixes.
    private PrefixWatch.Watcher? _waiting;

    public SelectionRelay(ChannelSelection selection, RelayRegistry relays, SelectionSources sources, TimeProvider time, ILogger<SelectionRelay> logger, RelayCounts counts)
        : base(selection.Text, counts)
    {
        (Selection, _relays, _sources, _time, _logger) = (selection, relays, sources, time, logger);
        _cursors = new Cursor.Writer(selection, sources.Store);
        Started = Start();
    }

    public ChannelSelection Selection { get; }

    public override Task Started { get; }

    /// <summary>The relays of the channels that it follows.</summary>
    public IReadOnlyDictionary<string, ChannelRelay> Channels => _channels;

    /// <summary>Whether its prefixes come from the journals, so that a cursor resumes them.</summary>
    public bool HasJournals => Selection.Prefixes.Count > 0 && _sources.HasJournals;

    /// <summary>Whether no cursor says what was seen below its prefixes.</summary>
    public bool LosesPlace => Selection.Prefixes.Count > 0 && !HasJournals;

    public override async Task<Beginning> Find(Since since, CancellationToken cancellationToken, bool isFixed = false)
    {
        await Started.WaitAsync(cancellationToken);
        return since.Kind == SinceKind.None && !isFixed
            ? new SelectionBeginning(this)
            : await Persist(() => new SelectionStart(this, _sources, _time).Find(since, cancellationToken), cancellationToken);
    }

    public override async Task<Poll> FindPoll(Since since, CancellationToken cancellationToken)
    {
        await Started.WaitAsync(cancellationToken);
        return await Persist(
            async () =>
            {
                var start = await new SelectionStart(this, _sources, _time).Find(since, cancellationToken, isComplete: true);
                return new SelectionPoll(this, start, await start.Reader!.HasMore().WaitAsync(cancellationToken));
            },
            cancellationToken);
    }

    /// <summary>Finds what has come into the ring since a poll found nothing, where its cursor could not say.</summary>
    /// <returns>Null where a cursor says more than the ring.</returns>
    public SelectionPoll? PollInRing(SelectionBeginning start)
    {
        lock (Lock)
        {
            var entries = new RelayEntry[Math.Min(Ring.Next - start.Place, RelayRing.MaxEntries)];
            if (!LosesPlace || Ring.Read(start.Place, entries) < 0)
            {
                return null;
            }

            var here = _position.Copy();
            var reader = Read(here, here, Selection.IsBelowPrefix, entries);
            return new SelectionPoll(this, new SelectionBeginning(this, reader, start.Cursor, Ring.Next, start.Gaps), entries.Length > 0);
        }
    }

    /// <summary>Adds a subscriber that begins with the next message.</summary>
    /// <returns>The place in the ring and the cursor that goes on after it.</returns>
    public (long Place, string Cursor) AddLive(Subscriber subscriber)
    {
        lock (Lock)
        {
            Add(subscriber);
            MoveOn();
            return (Ring.Next, _cursors.Write(_position));
        }
    }

    /// <summary>Where it stands: the place of the next message in the ring, and what was seen before.</summary>
    public (long Place, SelectionPosition Position) Here()
    {
        lock (Lock)
        {
            MoveOn();
            return (Ring.Next, _position.Copy());
        }
    }

    /// <summary>The prefixes that a cursor knows, as they are written.</summary>
    public string PrefixesText(Cursor cursor) => string.Join(',', Selection.Prefixes.Where(cursor.Knows).Select(ChannelSelection.PatternOf));

    /// <summary>The cursor of a position.</summary>
    public string CursorOf(SelectionPosition position) => _cursors.Write(position);

    /// <summary>Reads what came after a cursor, up to a place in the ring.</summary>
    /// <returns>Null while this node is not as far as the cursor; it will be soon.</returns>
    public (SelectionReader Reader, long Place)? ReadAfter(Cursor cursor)
    {
        var (place, here) = Here();
        var from = cursor.PositionIn(Selection, here);
        return !here.Covers(from) ? null
            : (Read(from, here, cursor.FilterFor(Selection), LosesPlace ? [LostPlace(cursor, from)] : null), place);
    }

    /// <summary>Reads what came between two positions.</summary>
    /// <param name="from">After it.</param>
    /// <param name="to">Up to it.</param>
    /// <param name="isBelow">The channels that the prefixes bring.</param>
    /// <param name="fromMs">Below the prefixes nothing that was accepted before this time, in ms since 1970.</param>
    /// <param name="first">What comes before what the prefixes bring.</param>
    public SelectionReader Read(
        SelectionPosition from, SelectionPosition to, Func<string, bool> isBelow, IReadOnlyList<RelayEntry>? first = null, long fromMs = 0) =>
        new(this, HasJournals ? _sources.Read(isBelow, from.Journals, fromMs) : null, from, to, _time, first);

    /// <summary>Reads what came between two positions, but below the prefixes only the newest message of each channel.</summary>
    public SelectionReader ReadLatest(SelectionPosition from, SelectionPosition to, IEnumerable<(int Journal, JournalEntry Entry)> latest)
    {
        var ordered = latest.OrderBy(x => x.Journal).ThenBy(x => x.Entry.Place).ToList();

        // Whoever is cut off between them gets all that came after the last that he has, rather than nothing of it.
        var at = to.Copy();
        foreach (var first in ordered.DistinctBy(x => x.Journal))
        {
            at.Journals[first.Journal] = new JournalPlace(first.Entry.Place - 1);
        }

        var entries = new List<RelayEntry>(ordered.Count);
        for (var i = 0; i < ordered.Count; i++)
        {
            var (journal, entry) = ordered[i];
            entries.AddRange(EntriesOf(journal, entry, entry.Batch.Count - 1, at));
            at.Journals[journal] = i + 1 < ordered.Count && ordered[i + 1].Journal == journal ? new JournalPlace(ordered[i + 1].Entry.Place - 1) : to.Journals[journal];
        }

        return new SelectionReader(this, _sources.Read(Selection.IsBelowPrefix, to.Journals), from, to, _time, entries);
    }

    /// <summary>The messages of an entry of a journal, each with its cursor.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="taken">How many of its first messages are left out.</param>
    /// <param name="position">The position before it, which moves behind it.</param>
    public IEnumerable<RelayEntry> EntriesOf(int journal, JournalEntry entry, int taken, SelectionPosition position)
    {
        var left = entry.Batch.Count;
        foreach (var message in entry.Batch)
        {
            if (--left < entry.Batch.Count - taken)
            {
                position.Journals[journal] = new JournalPlace(entry.Place, left);
                yield return new RelayEntry(entry.Channel, entry.Batch.Epoch, message, _cursors.Write(position));
            }
        }
    }

    // Who listens to a prefix counts for none of the channels below it.
    int IRelayTap.SubscribersOf(string channel) => Selection.Names.Contains(channel) ? SubscriberCount : 0;

    void IRelayTap.OnMessages(string channel, MessageBatch batch, long after)
    {
        lock (Lock)
        {
            if (!IsJoining(channel, () => Append(channel, batch, after)))
            {
                Append(channel, batch, after);
            }
        }

        _ = Sweep();
    }

    void IRelayTap.OnEpoch(string channel, MessageId before, bool deleted)
    {
        lock (Lock)
        {
            if (!IsJoining(channel, () => AppendEpoch(channel, before, deleted)))
            {
                AppendEpoch(channel, before, deleted);
            }
        }

        _ = Sweep();
    }

    void IRelayTap.OnGap(string channel, MessageId after, MessageId resumed)
    {
        lock (Lock)
        {
            if (!IsJoining(channel, () => AppendGap(channel, resumed, resumed.Offset - after.Offset)))
            {
                AppendGap(channel, resumed, resumed.Offset - after.Offset);
            }
        }

        _ = Sweep();
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        lock (Lock)
        {
            // Whoever joins later looks under the lock whether it is over.
            foreach (var channel in _channels.Values)
            {
                channel.RemoveTap(this);
                _relays.Unfollow(channel);
            }
        }
    }

    public override Task Abandon() => _stop.CancelAsync();

    // What comes while the beginning of a channel is read waits for that.
    private bool IsJoining(string channel, Action take)
    {
        if (!_joining.TryGetValue(channel, out var waiting))
        {
            return false;
        }

        waiting.Add(take);
        return true;
    }

    private void Append(string channel, MessageBatch batch, long after)
    {
        foreach (var message in batch)
        {
            if (message.Offset > after)
            {
                _position.Channels[channel] = new MessageId(batch.Epoch, message.Offset);
                Ring.Append(new RelayEntry(channel, batch.Epoch, message, _cursors.Write(_position)));
            }
        }
    }

    private void AppendEpoch(string channel, MessageId before, bool deleted)
    {
        if (deleted)
        {
            _position.Channels[channel] = before;
        }
        else
        {
            AppendGap(channel, before, null);
        }
    }

    private void AppendGap(string channel, MessageId resumed, long? missed)
    {
        var after = _cursors.Write(_position);
        _position.Channels[channel] = resumed;
        var cursor = _cursors.Write(_position);
        Ring.Append(new RelayEntry(new Gap(channel, after, cursor, missed), resumed, cursor));
    }

    // Without journals nobody knows what came below the prefixes since.
    private RelayEntry LostPlace(Cursor cursor, SelectionPosition position)
    {
        var text = CursorOf(position);
        return new RelayEntry(new Gap(PrefixesText(cursor), text, text, null), default, text);
    }

    private async Task Start()
    {
        await Task.WhenAll(Selection.Names.Select(x => Join(x, fromMs: null)));
        if (HasJournals)
        {
            var reader = await Persist(() => _sources.ReadFromNow(Selection.IsBelowPrefix), _stop.Token);
            MoveTo(reader);
            _ = FollowJournals(reader);
        }
        else if (Selection.Prefixes.Count > 0)
        {
            var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = FollowChannels(began);
            await began.Task;
        }
    }

    /// <summary>Follows a channel by itself.</summary>
    /// <param name="name">The channel.</param>
    /// <param name="fromMs">It begins with what was accepted from this time on, in ms since 1970: 0 for its first message, null for the next to come.</param>
    private async Task Join(string name, long? fromMs)
    {
        var channel = _relays.Follow(name);
        lock (Lock)
        {
            if (_stop.IsCancellationRequested || !_channels.TryAdd(name, channel))
            {
                _relays.Unfollow(channel);
                return;
            }
        }

        await channel.Started;
        var before = fromMs > 0 ? (await StartingPoint.FindId(channel, new Since(SinceKind.Time, TimeMs: fromMs.Value), _time, _stop.Token)).After : null;
        MessageId at, here;
        lock (Lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            // What comes to the tap at once waits for the lock.
            here = channel.AddTap(this);

            // Of another epoch all is new.
            at = fromMs is null ? here : here with { Offset = before?.Epoch == here.Epoch ? Math.Min(before.Value.Offset, here.Offset) : 0 };
            _position.Channels[name] = at;
            if (at.Offset < here.Offset)
            {
                _joining.Add(name, []);
            }
        }

        if (at.Offset < here.Offset)
        {
            await ReadBeginning(channel, at, here);
        }
    }

    private async Task ReadBeginning(ChannelRelay channel, MessageId at, MessageId end)
    {
        while (at.Offset < end.Offset && !_stop.IsCancellationRequested)
        {
            var (page, before) = (await Persist(() => channel.Pages.Get(at), _stop.Token), at);
            if (page.Position.Epoch != end.Epoch)
            {
                break;
            }

            lock (Lock)
            {
                if (page.Oldest > at.Offset + 1)
                {
                    at = at with { Offset = Math.Min(page.Oldest - 1, end.Offset) };
                    AppendGap(channel.Name, at, null);
                }

                foreach (var entry in page.Covers(at) ? page.Entries[page.IndexAfter(at)..] : [])
                {
                    if (entry.Id.Offset <= end.Offset)
                    {
                        at = _position.Channels[channel.Name] = entry.Id;
                        Ring.Append(new RelayEntry(channel.Name, entry.Epoch, entry.Message, _cursors.Write(_position)));
                    }
                }
            }

            if (at == before)
            {
                await Task.Delay(BetweenAttempts, _time);
            }
        }

        lock (Lock)
        {
            _joining.Remove(channel.Name, out var waiting);
            waiting?.ForEach(x => x());
        }

        _ = Sweep();
    }

    private async Task FollowChannels(TaskCompletionSource began)
    {
        var beganMs = 0L;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var (names, wereThere) in _sources.Channels(_stop.Token))
                {
                    // What came late to light may be as old as the others, of which only what is new comes.
                    long? fromMs = !began.Task.IsCompleted ? null : wereThere ? beganMs : 0;
                    var joining = names.Where(x => Selection.IsBelowPrefix(x) && !_channels.ContainsKey(x)).Select(x => JoinInTime(x, fromMs)).ToList();

                    // One that is out of reach holds up no others.
                    await Task.WhenAny(Task.WhenAll(joining), Task.Delay(JoiningPatience, _time));
                    if (!began.Task.IsCompleted)
                    {
                        beganMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
                        began.SetResult();
                    }
                }
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                LogRetry(exception, Name);
                await Task.Delay(BetweenAttempts, _time);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private async Task JoinInTime(string name, long? fromMs)
    {
        try
        {
            await Join(name, fromMs);
        }
        catch (Exception exception)
        {
            LogRetry(exception, Name);
        }
    }

    private async Task FollowJournals(JournalReader reader)
    {
        using var watcher = _sources.Watch(Selection.Prefixes);
        while (!_stop.IsCancellationRequested)
        {
            // Before it is read: what comes later tells.
            watcher.Begin();
            var news = _sources.News();
            if (await Persist(() => ReadOn(reader), _stop.Token))
            {
                await WaitFor(watcher);
                reader.Skip(watcher.Through);
            }
            else
            {
                // Something waits for what comes before it in its channel.
                await news.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WaitFor(PrefixWatch.Watcher watcher)
    {
        lock (Lock)
        {
            _waiting = watcher;
        }

        await watcher.News.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (Lock)
        {
            _waiting = null;
        }
    }

    // Under the lock: while it waits the place behind which something may come moves on.
    private void MoveOn()
    {
        if (_waiting is null)
        {
            return;
        }

        foreach (var (journal, place) in _waiting.Through)
        {
            if (place > _position.Journals.GetValueOrDefault(journal).Last)
            {
                _position.Journals[journal] = new JournalPlace(place);
            }
        }
    }

    /// <summary>Reads all that there is.</summary>
    /// <returns>Whether nothing of it has to wait for what is not there yet.</returns>
    private async Task<bool> ReadOn(JournalReader reader)
    {
        var ends = await _sources.Ends();
        bool gotOn;
        do
        {
            gotOn = await reader.Read(ends, OnEntry);
            MoveTo(reader);

            // Most of what the journals have is for others, and no news here.
            var end = Ring.Next;
            if (end != _toldTo)
            {
                _toldTo = end;
                _ = Sweep();
            }
        }
        while (gotOn || await reader.Settle());
        return reader.IsAt(ends);
    }

    private void OnEntry(int journal, JournalEntry entry, int taken)
    {
        lock (Lock)
        {
            foreach (var each in EntriesOf(journal, entry, taken, _position))
            {
                Ring.Append(each);
            }
        }
    }

    private void MoveTo(JournalReader reader)
    {
        lock (Lock)
        {
            foreach (var (journal, place) in reader.Places)
            {
                _position.Journals[journal] = place;
            }
        }
    }

    // A channel moves, or a file cannot be read now: whoever needs it waits.
    private async Task<T> Persist<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await action();
            }
            catch (Exception exception)
            {
                // Where its time is over it ends as such, and not with what failed just then.
                cancellationToken.ThrowIfCancellationRequested();
                LogRetry(exception, Name);
            }

            await Task.Delay(BetweenAttempts, _time, cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Selection}: some of it cannot be read now; trying again")]
    private partial void LogRetry(Exception exception, string selection);
}
