using Microsoft.Data.Sqlite;

namespace OrleansGateway.Membership;

/// <summary>
/// Whose turn it is to read the membership table and then to write it. A change is refused whose writer read before the last one, and a silo that is refused
/// tries again after 2 to 4 s (Orleans' <c>MembershipTableManager</c>), which for nodes that start or stop together was the rule. So who reads has a
/// turn, and the others read after it. A turn ends when its owner has written, or by itself, as many read without writing and
/// a process can be killed or frozen: nothing but speed depends on it.
/// </summary>
/// <param name="cluster">The cluster; each has turns of its own.</param>
/// <param name="options">How long they are.</param>
/// <param name="time">Measures how long is waited.</param>
internal sealed class MembershipTurns(string cluster, SqliteMembershipOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly string _owner = Guid.NewGuid().ToString("N");

    /// <summary>Makes the table of turns.</summary>
    public static Task<int> Create(SqliteConnection connection) =>
        connection.Execute(null, "CREATE TABLE IF NOT EXISTS turn (cluster TEXT PRIMARY KEY, owner TEXT NOT NULL, ends INTEGER NOT NULL)");

    /// <summary>Waits for this silo's turn, if it does not have it. After two seconds, or where no turn can be written, it goes on without.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="isStarting">Whether the silo is not in the cluster yet.</param>
    public async Task Begin(SqliteConnection connection, bool isStarting)
    {
        var began = time.GetTimestamp();
        while (await Take(connection, isStarting ? options.TurnOfOneThatStarts : options.TurnOfOneThatRuns) == 0 && time.GetElapsedTime(began) < LongestWait)
        {
            await Task.Delay(Pause, time);
        }
    }

    /// <summary>Ends it, if it is this silo's. Where that can't be written it ends by itself.</summary>
    public Task End(SqliteConnection connection) =>
        connection.TryExecute("DELETE FROM turn WHERE cluster = $cluster AND owner = $owner", ("$cluster", cluster), ("$owner", _owner));

    // The time is taken when the database gets to it, in ms. A turn that would last longer than any does is of a clock that was set back since.
    // Who reads again in its turn has no longer one for it: others come to theirs.
    private Task<int?> Take(SqliteConnection connection, TimeSpan duration) => connection.TryExecute(
        """
        WITH time AS (SELECT CAST(1000 * unixepoch('subsec') AS INTEGER) AS now)
        INSERT INTO turn SELECT $cluster, $owner, now + $duration FROM time WHERE true
            ON CONFLICT (cluster) DO UPDATE
            SET ends = iif(owner = $owner AND ends BETWEEN (SELECT now FROM time) AND excluded.ends, ends, excluded.ends), owner = $owner
            WHERE owner = $owner OR ends NOT BETWEEN (SELECT now FROM time) AND (SELECT now + $longest FROM time)
        """,
        ("$cluster", cluster), ("$owner", _owner), ("$duration", (long)duration.TotalMilliseconds), ("$longest", (long)options.TurnOfOneThatStarts.TotalMilliseconds));
}
