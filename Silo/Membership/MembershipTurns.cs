using Microsoft.Data.Sqlite;

namespace OrleansGateway.Membership;

/// <summary>
/// Whose turn it is to read the membership table and then to write it. A change is refused whose writer read before the last one, and a silo that is refused
/// tries again after 2 to 4 s (Orleans' <c>MembershipTableManager</c>), which for nodes that start or stop together was the rule. So who starts or stops
/// reads in its turn, and such others after it. A turn ends when its owner has written, or by itself, as some read without writing and a process can be killed
/// or frozen: nothing but speed depends on it. Who runs has none, so that it sees deaths at once.
/// </summary>
/// <param name="cluster">The cluster; each has turns of its own.</param>
/// <param name="duration">How long they are.</param>
/// <param name="time">Measures how long is waited.</param>
internal sealed class MembershipTurns(string cluster, TimeSpan duration, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly string _owner = Guid.NewGuid().ToString("N");

    /// <summary>Makes the table of turns.</summary>
    public static Task<int> Create(SqliteConnection connection) =>
        connection.Execute(null, "CREATE TABLE IF NOT EXISTS turn (cluster TEXT PRIMARY KEY, owner TEXT NOT NULL, ends INTEGER NOT NULL)");

    /// <summary>Waits for this silo's turn, if it does not have it. After two seconds, or where no turn can be written, it goes on without.</summary>
    public async Task Begin(SqliteConnection connection)
    {
        var began = time.GetTimestamp();
        while (await Take(connection) == 0 && time.GetElapsedTime(began) < LongestWait)
        {
            await Task.Delay(Pause, time);
        }
    }

    /// <summary>Ends it, if it is this silo's. Where that can't be written it ends by itself.</summary>
    public Task End(SqliteConnection connection) =>
        connection.TryExecute("DELETE FROM turn WHERE cluster = $cluster AND owner = $owner", ("$cluster", cluster), ("$owner", _owner));

    // The time is taken when the database gets to it, in ms. A turn that would last longer than any does is of a clock that was set back since.
    // Who reads again in its turn has no longer one for it: others come to theirs.
    private Task<int?> Take(SqliteConnection connection) => connection.TryExecute(
        """
        WITH time AS (SELECT CAST(1000 * unixepoch('subsec') AS INTEGER) AS now)
        INSERT INTO turn SELECT $cluster, $owner, now + $duration FROM time WHERE true
            ON CONFLICT (cluster) DO UPDATE
            SET ends = iif(owner = $owner AND ends BETWEEN (SELECT now FROM time) AND excluded.ends, ends, excluded.ends), owner = $owner
            WHERE owner = $owner OR ends NOT BETWEEN (SELECT now FROM time) AND (SELECT now + $duration FROM time)
        """,
        ("$cluster", cluster), ("$owner", _owner), ("$duration", (long)duration.TotalMilliseconds));
}
