using OrleansGateway.Journals;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>One file in the order of its commits, over all channels; only while it is read.</summary>
/// <param name="reader">The file.</param>
internal readonly struct LocalJournal(LogFile.Reader reader)
{
    private const string Rows =
        "SELECT id, channel, term, first, count, time, data FROM batch WHERE id >= ? AND id <= ? AND size > 0 AND time >= ? ORDER BY id";

    private const string Channels = "SELECT id, channel FROM batch WHERE id >= ? AND id <= ? AND size > 0 ORDER BY id";

    private const string Name = "SELECT name FROM channel WHERE id = ?";

    private const string PlaceAtOrBefore = "SELECT id FROM batch WHERE channel = ? AND term = ? AND first <= ? ORDER BY first DESC LIMIT 1";

    private const string Dropped = "SELECT DISTINCT name FROM claim JOIN channel ON channel.id = claim.channel WHERE gone_id > 0 AND gone_id > ?";

    private const string TimeAfter = "SELECT time FROM batch WHERE id > ? AND size > 0 ORDER BY id LIMIT 1";

    private const string TimesAfter = "SELECT name, min(time) FROM batch JOIN channel ON channel.id = batch.channel WHERE batch.id > ? AND size > 0 GROUP BY batch.channel";

    /// <summary>The highest id that was ever given to a batch.</summary>
    public long End => One(reader.Prepared(LogFile.EndSql), static x => x.Long(0));

    /// <summary>Batches that have messages, by their ids between two. What takes them says whether to go on.</summary>
    public void Read(long from, long to, long fromMs, Func<Row, bool> take)
    {
        var rows = reader.Prepared(Rows);
        for (rows.Bind(1, from).Bind(2, to).Bind(3, fromMs); rows.Step();)
        {
            if (!take(new Row(rows)))
            {
                rows.Reset();
                return;
            }
        }
    }

    /// <summary>The channels of the batches that have messages, by their ids between two: of so many batches at most.</summary>
    public JournalNames Names(long from, long to, int max)
    {
        var (channels, through) = (new HashSet<long>(), to);
        var rows = reader.Prepared(Channels);
        for (rows.Bind(1, from).Bind(2, to); rows.Step();)
        {
            channels.Add(rows.Long(1));
            if (--max == 0)
            {
                through = rows.Long(0);
                rows.Reset();
                break;
            }
        }

        var names = new List<string>(channels.Count);
        foreach (var channel in channels)
        {
            names.Add(NameOf(channel));
        }

        return new JournalNames(names, through);
    }

    /// <summary>The name of the channel that has a number in this file.</summary>
    public string NameOf(long channel) => One(reader.Prepared(Name).Bind(1, channel), static x => x.Text(0)) ?? string.Empty;

    /// <summary>The id of the newest batch of a term that begins at or before an offset, or null.</summary>
    public long? PlaceAt(long channel, long term, long atMost) =>
        One<long?>(reader.Prepared(PlaceAtOrBefore).Bind(1, channel).Bind(2, term).Bind(3, atMost), static x => x.Long(0));

    /// <summary>The channels of which retention dropped batches with ids above one.</summary>
    public List<string> DroppedAfter(long id, Func<string, bool> includes, int max)
    {
        var names = new List<string>();
        var dropped = reader.Prepared(Dropped);
        for (dropped.Bind(1, id); dropped.Step();)
        {
            if (dropped.Text(0) is var name && includes(name))
            {
                names.Add(name);
                if (names.Count == max)
                {
                    dropped.Reset();
                    break;
                }
            }
        }

        return names;
    }

    /// <summary>The channels that have something after an id that is too old, though it was not dropped yet.</summary>
    /// <param name="id">The id.</param>
    /// <param name="oldestMs">The latest time that is too old for any channel, in ms since 1970.</param>
    /// <param name="isTooOld">Whether a time is too old for a channel.</param>
    public List<string> ExpiredAfter(long id, long oldestMs, Func<string, long, bool> isTooOld)
    {
        // What comes later is newer, but for some ms.
        var names = new List<string>();
        if (One<long?>(reader.Prepared(TimeAfter).Bind(1, id), static x => x.Long(0)) is not { } first || first >= oldestMs)
        {
            return names;
        }

        var times = reader.Prepared(TimesAfter);
        for (times.Bind(1, id); times.Step();)
        {
            if (times.Text(0) is var name && isTooOld(name, times.Long(1)))
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static T? One<T>(Statement statement, Func<Statement, T> read)
    {
        if (!statement.Step())
        {
            return default;
        }

        var value = read(statement);
        statement.Reset();
        return value;
    }

    /// <summary>A batch; its columns are there until the next one is read.</summary>
    public readonly struct Row(Statement row)
    {
        public long Id => row.Long(0);

        public long Channel => row.Long(1);

        public long Term => row.Long(2);

        public long First => row.Long(3);

        public int Count => (int)row.Long(4);

        public long TimeMs => row.Long(5);

        public byte[] Data => row.Blob(6).ToArray();
    }
}
