using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>The statements of the writing connection.</summary>
internal sealed class LogStatements(Database database)
{
    private const string Remembered = "((keys > 0 AND time >= ?5) OR (meta IS NOT NULL AND time >= ?6))";

    /// <summary>The highest id that was given to a batch.</summary>
    public long End { get; private set; } = database.Scalar(LogFile.EndSql);

    public Statement AddChannel { get; } = database.Prepare("INSERT OR IGNORE INTO channel (name) VALUES (?)");

    public Statement FindChannel { get; } = database.Prepare("SELECT id FROM channel WHERE name = ?");

    public Statement Claim { get; } = database.Prepare("INSERT INTO claim VALUES (?, ?, ?, 0, 0, 0, ?, 0)");

    private Statement NewestTerm { get; } = database.Prepare("SELECT max(term) FROM claim WHERE channel = ?");

    public Statement Cut { get; } = database.Prepare("UPDATE claim SET epoch = ?, cut = ?, prev = ?, gone = ?, source = ? WHERE channel = ? AND term = ?");

    private Statement Empties { get; } = database.Prepare(
        "SELECT term FROM claim WHERE channel = ?1 AND term < ?2 AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.channel = ?1 AND batch.term = claim.term)");

    private Statement DropClaim { get; } = database.Prepare("DELETE FROM claim WHERE channel = ? AND term = ?");

    public Statement Source { get; } = database.Prepare("UPDATE claim SET source = ? WHERE channel = ? AND term = ?");

    public Statement Append { get; } = database.Prepare(
        "INSERT INTO batch (channel, term, first, count, time, size, keys, meta, data, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    private Statement Gone { get; } = database.Prepare("UPDATE claim SET gone = max(gone, ?1), gone_id = max(gone_id, ?2) WHERE channel = ?3 AND term = ?4");

    private Statement LastId { get; } = database.Prepare("SELECT id FROM batch WHERE channel = ? AND term = ? AND first < ? AND size > 0 ORDER BY first DESC LIMIT 1");

    // What a claim that goes noted goes on with a later one.
    private Statement InheritGone { get; } = database.Prepare(
        "UPDATE claim SET gone_id = max(gone_id, ?3, (SELECT coalesce(max(gone_id), 0) FROM claim WHERE channel = ?1 AND term < ?2)) WHERE channel = ?1 AND term = ?2");

    private Statement NewestBefore { get; } = database.Prepare("SELECT coalesce(max(id), 0) FROM batch WHERE channel = ? AND term < ?");

    // What it gave is not given again, also when it is dropped.
    private Statement KeepTop { get; } = database.Prepare("UPDATE top SET id = max(id, (SELECT coalesce(max(id), 0) FROM batch))");

    private Statement Empty { get; } = database.Prepare(
        $"UPDATE batch SET size = 0, data = NULL WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND size > 0 AND {Remembered}");

    private Statement DropEmpty { get; } = database.Prepare(
        $"DELETE FROM batch WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND NOT ({Remembered})");

    private Statement FirstRemembered { get; } = database.Prepare(
        $"SELECT first FROM batch WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND ({Remembered}) ORDER BY first LIMIT 1");

    private Statement DropBefore { get; } = database.Prepare("DELETE FROM batch WHERE channel = ? AND term = ? AND first < ?");

    private Statement DropAllBatches { get; } = database.Prepare("DELETE FROM batch WHERE channel = ? AND term < ?");

    private Statement DropClaims { get; } = database.Prepare("DELETE FROM claim WHERE channel = ? AND term < ?");

    private Statement Oldest { get; } = database.Prepare("SELECT id, channel, term, first, count, time FROM batch ORDER BY id LIMIT ?");

    private Statement DropOne { get; } = database.Prepare("DELETE FROM batch WHERE id = ?");

    /// <summary>
    /// Drops messages of a term between two offsets, and of those before what nobody asks for any more: where an entry has a key or
    /// an origin that is remembered, that stays. Each entry is looked at twice at most.
    /// </summary>
    public void Drop(long channel, long term, long from, long to, long keysFromMs, long originsFromMs)
    {
        KeepTop.Run();
        if (LastId.Bind(1, channel).Bind(2, term).Bind(3, to).Step())
        {
            var id = LastId.Long(0);
            LastId.Reset();
            NoteGone(channel, term, to - 1, id);
        }

        Bind(Empty, from, to).Run();
        Bind(DropEmpty, from, to).Run();
        if (from > 0)
        {
            var first = Bind(FirstRemembered, 0, from).Step() ? FirstRemembered.Long(0) : from;
            FirstRemembered.Reset();
            DropBefore.Bind(1, channel).Bind(2, term).Bind(3, first).Run();
        }

        Statement Bind(Statement statement, long first, long end) =>
            statement.Bind(1, channel).Bind(2, term).Bind(3, first).Bind(4, end).Bind(5, keysFromMs).Bind(6, originsFromMs);
    }

    /// <summary>Notes that messages of a channel were dropped.</summary>
    /// <param name="channel">The channel's number in the file.</param>
    /// <param name="term">Under this claim.</param>
    /// <param name="last">Up to this offset.</param>
    /// <param name="id">The highest id of what was in this file, 0 for nothing.</param>
    public void NoteGone(long channel, long term, long last, long id = 0) =>
        Gone.Bind(1, last).Bind(2, id).Bind(3, channel).Bind(4, term).Run();

    /// <summary>Drops the oldest entries of the file that are older than a time.</summary>
    public void DropOldest(int max, long beforeMs)
    {
        var entries = new List<(long Id, long Channel, long Term, long Last)>();
        for (Oldest.Bind(1, max); Oldest.Step();)
        {
            if (Oldest.Long(5) < beforeMs)
            {
                entries.Add((Oldest.Long(0), Oldest.Long(1), Oldest.Long(2), Oldest.Long(3) + Oldest.Long(4) - 1));
            }
        }

        KeepTop.Run();
        foreach (var (id, channel, term, last) in entries)
        {
            NoteGone(channel, term, last, id);
            DropOne.Bind(1, id).Run();
        }
    }

    /// <summary>Drops all that a channel had before a term.</summary>
    public void DropAll(long channel, long before)
    {
        KeepTop.Run();
        NewestBefore.Bind(1, channel).Bind(2, before).Step();
        var newest = NewestBefore.Long(0);
        NewestBefore.Reset();
        InheritGone.Bind(1, channel).Bind(2, before).Bind(3, newest).Run();
        DropAllBatches.Bind(1, channel).Bind(2, before).Run();
        DropClaims.Bind(1, channel).Bind(2, before).Run();
    }

    /// <summary>The id of the next batch: higher than all before it.</summary>
    public long NextId() => ++End;

    /// <summary>The ids above one were not written.</summary>
    public void TakeBack(long end) => End = end;

    /// <summary>Drops claims before a term of which nothing is left, except for those that lead to older messages.</summary>
    public void Forget(long channel, long before, IReadOnlySet<long> links)
    {
        InheritGone.Bind(1, channel).Bind(2, before).Bind(3, 0L).Run();
        var empty = new List<long>();
        for (Empties.Bind(1, channel).Bind(2, before); Empties.Step();)
        {
            empty.Add(Empties.Long(0));
        }

        foreach (var term in empty.Where(x => !links.Contains(x)))
        {
            DropClaim.Bind(1, channel).Bind(2, term).Run();
        }
    }

    /// <summary>The channel's number in the file.</summary>
    public long IdOf(string channel)
    {
        AddChannel.Bind(1, channel).Run();
        FindChannel.Bind(1, channel).Step();
        var id = FindChannel.Long(0);
        FindChannel.Reset();
        return id;
    }

    /// <summary>The highest term of a channel in the file, 0 for none.</summary>
    public long NewestTermOf(long channel)
    {
        NewestTerm.Bind(1, channel).Step();
        var term = NewestTerm.Long(0);
        NewestTerm.Reset();
        return term;
    }
}
