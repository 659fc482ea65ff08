using OrleansGateway.Channels;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>A run of a channel's offsets that one owner appended.</summary>
/// <param name="File">The number of the file that they are in.</param>
/// <param name="Channel">The channel's number in that file.</param>
/// <param name="Term">The owner's term.</param>
/// <param name="First">The first offset.</param>
/// <param name="Last">The last; what the owner appended beyond it never counted. It is open for the owner of now.</param>
internal readonly record struct LogSegment(int File, long Channel, long Term, long First, long Last);

/// <summary>What a new owner finds.</summary>
/// <param name="Epoch">The epoch to go on with.</param>
/// <param name="Newest">The newest offset, 0 where there is none.</param>
/// <param name="Oldest">The oldest offset that is kept; one above the newest where nothing is.</param>
/// <param name="Bytes">How many bytes are kept.</param>
/// <param name="LastTimeMs">When the newest message was accepted, in ms since 1970.</param>
/// <param name="SourceTerm">The highest term that was given to a source.</param>
/// <param name="PreviousTerm">The term of the newest segment, 0 where there is none.</param>
/// <param name="Segments">Where the messages are, oldest first.</param>
/// <param name="Links">The terms that lead to them: also those between, of which nothing is left.</param>
/// <param name="Recent">What publishers may still ask for, oldest first.</param>
internal sealed record LogState(
    string Epoch,
    long Newest,
    long Oldest,
    long Bytes,
    long LastTimeMs,
    long SourceTerm,
    long PreviousTerm,
    IReadOnlyList<LogSegment> Segments,
    IReadOnlySet<long> Links,
    IReadOnlyList<LoggedPublish> Recent);

/// <summary>
/// The claims on one channel in all files, at a moment after a new claim was counted. Of those that know their cut the
/// newest is the head; the messages are what it and those that it goes back to appended, each up to the next one's cut.
/// </summary>
internal sealed class LogChain
{
    private readonly StoreDirectory _directory;
    private readonly Dictionary<long, (LogFile.Claim Claim, long Channel)> _claims = [];
    private LogFile.Claim? _head;
    private LogFile.Place? _end;

    private LogChain(StoreDirectory directory) => _directory = directory;

    /// <summary>The newest term of all, also of claims without a cut.</summary>
    public long NewestTerm { get; private set; }

    /// <summary>The head's term, 0 where there is none.</summary>
    public long HeadTerm => _head?.Term ?? 0;

    public static LogChain Read(StoreDirectory directory, string channel) => Read(directory, [channel])[0];

    /// <summary>Reads those of several channels, each file once.</summary>
    public static LogChain[] Read(StoreDirectory directory, IReadOnlyList<string> channels)
    {
        var chains = channels.Select(_ => new LogChain(directory)).ToArray();
        foreach (var file in directory.Files())
        {
            file.Read(reader =>
            {
                for (var i = 0; i < chains.Length; i++)
                {
                    if (reader.IdOf(channels[i]) is { } id)
                    {
                        chains[i].Add(reader, id);
                    }
                }

                return 0;
            });
        }

        return chains;
    }

    // The head's end is read at the same moment as its claim: what is dropped between would be missing in both.
    private void Add(LogFile.Reader reader, long channel)
    {
        foreach (var claim in reader.Claims(channel))
        {
            _claims[claim.Term] = (claim, channel);
            NewestTerm = Math.Max(NewestTerm, claim.Term);
            if (claim.Cut > 0 && claim.Term > (_head?.Term ?? 0))
            {
                (_head, _end) = (claim, reader.Newest(channel, claim.Term, long.MaxValue));
            }
        }
    }

    /// <summary>Whose messages they are, the newest owner first, whether or not something is left of them.</summary>
    public IEnumerable<LogSegment> Owners()
    {
        var (term, last) = (HeadTerm, long.MaxValue);
        while (_claims.TryGetValue(term, out var link))
        {
            yield return new LogSegment(StoreDirectory.FileOf(term), link.Channel, term, link.Claim.Cut, last);
            (term, last) = (link.Claim.Prev, link.Claim.Cut - 1);
        }
    }

    /// <summary>The head's epoch, or null where there is none.</summary>
    public string? Epoch => _head?.Epoch;

    /// <summary>What readers find of the channel.</summary>
    /// <param name="channel">Its name.</param>
    /// <param name="identity">The store's.</param>
    /// <param name="fromMs">What is older is not counted, in ms since 1970.</param>
    public KeptMessages Kept(string channel, StoreIdentity identity, long fromMs)
    {
        if (_head is not { } head)
        {
            return new KeptMessages(channel, identity.EpochAfter(0), 1, 0, 0);
        }

        var newest = NewestOf(head);
        var (oldest, bytes, complete) = (newest + 1, 0L, true);
        for (var (term, last) = (head.Term, newest); complete && _claims.TryGetValue(term, out var link) && _directory.File(StoreDirectory.FileOf(term)) is { } file;)
        {
            var (claim, id) = link;
            if (file.Read(x => x.Kept(id, term, head.Gone + 1, last, fromMs)) is { } kept)
            {
                (oldest, bytes) = (kept.First, bytes + kept.Bytes);
            }

            complete = oldest <= claim.Cut || claim.Cut > last;
            (term, last) = (claim.Prev, claim.Cut - 1);
        }

        return new KeptMessages(channel, identity.EpochAfter(head.Epoch), oldest, newest, bytes);
    }

    private long NewestOf(LogFile.Claim head) => Math.Max(Math.Max(head.Cut - 1, head.Gone), _end?.Last ?? 0);

    public LogState State(StoreIdentity identity, RetentionOptions retention, long keysFromMs, long originsFromMs)
    {
        if (_head is not { } head)
        {
            return new LogState(identity.EpochAfter(0), 0, 1, 0, 0, 0, 0, [], new HashSet<long>(), []);
        }

        var newest = NewestOf(head);
        var time = 0L;
        var (oldest, bytes, complete) = (newest + 1, 0L, true);
        var segments = new List<LogSegment>();
        var (links, passed) = (new HashSet<long>(), new List<long>());
        var keys = new List<LoggedPublish>();
        var origins = new List<LoggedPublish>();
        var (term, last) = (head.Term, newest);
        while (_claims.TryGetValue(term, out var link) && _directory.File(StoreDirectory.FileOf(term)) is { } file)
        {
            var (claim, channel) = link;
            passed.Add(term);
            var segment = new LogSegment(file.Number, channel, term, claim.Cut, last);
            var kept = file.Read(reader =>
            {
                if (reader.Newest(channel, term, last) is { } place)
                {
                    segments.Add(segment);
                    links.UnionWith(passed);
                    passed.Clear();
                    time = Math.Max(time, place.TimeMs);
                    keys.AddRange(reader.Keys(channel, term, last, keysFromMs, retention.Keys - keys.Count));
                    origins.AddRange(reader.Origins(channel, term, last, originsFromMs));
                }

                return reader.Kept(channel, term, 0, last);
            });
            if (complete && kept is { } some)
            {
                (oldest, bytes) = (some.First, bytes + some.Bytes);
            }

            // What is older than a hole is of no use.
            complete &= segment.First > last || kept?.First == segment.First;
            (term, last) = (claim.Prev, claim.Cut - 1);
        }

        segments.Reverse();
        var recent = keys.UnionBy(origins, x => x.FirstOffset).OrderBy(x => x.FirstOffset).ToList();
        return new LogState(
            identity.EpochAfter(head.Epoch), newest, oldest, bytes, time, head.Source, segments.Count > 0 ? segments[^1].Term : 0, segments, links, recent);
    }
}
