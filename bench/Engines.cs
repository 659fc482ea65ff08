using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Bench;

/// <summary>
/// Rows of 100 bytes, committed one by one and 50 at a time, by one process and by three at once, none waiting for the disk:
/// the channel log, SQLite with one file for all, and a file that is only written to.
/// </summary>
internal static class Engines
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    public static async Task<bool> Run(string directory)
    {
        Console.WriteLine($"{"",-12}{"processes",10}{"rows",6}{"commits/s a process",22}{"of the file",13}{"p50 µs",9}{"p99 µs",9}{"max ms",9}");
        foreach (var (processes, rows) in new[] { (1, 1), (1, 50), (3, 1), (3, 50) })
        {
            var floor = 0.0;
            foreach (var engine in new[] { "file", "log", "sqlite" })
            {
                var place = Path.Combine(directory, $"{engine}-{processes}-{rows}");
                Directory.CreateDirectory(place);
                var results = await Task.WhenAll(Enumerable.Range(0, processes).Select(x => Start(engine, place, rows, x)));
                var rate = results.Average(x => x[0]);
                floor = engine == "file" ? rate : floor;
                Console.WriteLine($"{engine,-12}{processes,10}{rows,6}{rate,22:N0}{rate / floor,13:P0}{results.Max(x => x[1]),9:N0}{results.Max(x => x[2]),9:N0}{results.Max(x => x[3]) / 1000,9:N0}");
                Directory.Delete(place, recursive: true);
            }
        }

        return true;
    }

    /// <summary>One of the processes: writes commits a second, and the median, the 99th percentile and the worst in µs.</summary>
    public static async Task<bool> Child(string engine, string directory, int rows, int index)
    {
        var row = new byte[100];
        Random.Shared.NextBytes(row);
        await using var provider = engine == "log" ? new ServiceCollection().AddLogging().AddOptions().AddSingleton(TimeProvider.System).AddLocalChannelLog(directory).BuildServiceProvider() : null;
        var (commit, end) = engine switch
        {
            "log" => await Log(provider!, row, rows, index),
            "sqlite" => Sqlite(Path.Combine(directory, "db"), row, rows, index),
            _ => Append(Path.Combine(directory, $"{index}"), row, rows),
        };
        var taken = new List<long>(1_000_000);
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;)
        {
            await commit();
        }

        var begin = Stopwatch.GetTimestamp();
        for (var last = begin; Stopwatch.GetElapsedTime(begin) < Time;)
        {
            await commit();
            var now = Stopwatch.GetTimestamp();
            taken.Add(now - last);
            last = now;
        }

        var rate = taken.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        end.Dispose();
        taken.Sort();
        double Micros(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(FormattableString.Invariant($"{rate} {Micros(taken[taken.Count / 2])} {Micros(taken[taken.Count * 99 / 100])} {Micros(taken[^1])}"));
        return true;
    }

    private static async Task<double[]> Start(string engine, string directory, int rows, int index)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(Engines).Assembly.Location, "engine", engine, directory, $"{rows}", $"{index}"]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return [.. line.Split(' ').Select(double.Parse)];
    }

    private static async Task<(Func<ValueTask> Commit, IDisposable End)> Log(IServiceProvider provider, byte[] row, int rows, int index)
    {
        var session = await provider.GetRequiredService<IChannelLog>().Open($"c{index}");
        var next = session.Newest;
        MessageDraft[] draft = [new MessageDraft(null, row)];
        var underWay = new Task[rows];

        async ValueTask Commit()
        {
            for (var i = 0; i < rows; i++)
            {
                underWay[i] = session.Append(new LogEntry(MessageBatch.Pack(session.Term, session.Epoch, ++next, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), draft))).AsTask();
            }

            for (var i = 0; i < rows; i++)
            {
                await underWay[i];
            }
        }

        return (Commit, new MemoryStream());
    }

    private static (Func<ValueTask> Commit, IDisposable End) Sqlite(string file, byte[] row, int rows, int index)
    {
        var database = new Database(file, create: true);
        database.Execute("PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;");
        database.Execute("CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY, channel INTEGER, first INTEGER, data BLOB); CREATE UNIQUE INDEX IF NOT EXISTS place ON batch (channel, first);");
        var (begin, commit) = (database.Prepare("BEGIN IMMEDIATE"), database.Prepare("COMMIT"));
        var insert = database.Prepare("INSERT INTO batch (channel, first, data) VALUES (?, ?, ?)");
        var next = 0L;
        return (() =>
        {
            begin.Run();
            for (var i = 0; i < rows; i++)
            {
                insert.Bind(1, index).Bind(2, ++next).Bind(3, row).Run();
            }

            commit.Run();
            return ValueTask.CompletedTask;
        }, database);
    }

    private static (Func<ValueTask> Commit, IDisposable End) Append(string file, byte[] row, int rows)
    {
        var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var bytes = Enumerable.Repeat(row, rows).SelectMany(x => x).ToArray();
        return (() =>
        {
            stream.Write(bytes);
            return ValueTask.CompletedTask;
        }, stream);
    }
}
