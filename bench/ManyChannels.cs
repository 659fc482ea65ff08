using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Bench;

/// <summary>100,000 channels with 10 messages of 100 bytes each: what the store takes, and how it starts.</summary>
internal static class ManyChannels
{
    private const int Channels = 100_000;
    private const int Messages = 10;

    public static async Task<bool> Run(string directory)
    {
        var clock = Stopwatch.StartNew();
        await using (var provider = Open(directory))
        {
            var log = provider.GetRequiredService<IChannelLog>();
            await Parallel.ForEachAsync(Enumerable.Range(0, Channels), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (x, _) =>
            {
                var session = await log.Open($"many/{x}");
                await Task.WhenAll(Enumerable.Range(1, Messages).Select(i => session.Append(Entry(session, i)).AsTask()));
            });
            Console.WriteLine($"written in {clock.Elapsed.TotalSeconds:N0} s, with {Memory():N0} MB of memory at the end");
        }

        var bytes = Directory.GetFiles(directory).Sum(x => new FileInfo(x).Length);
        Console.WriteLine($"{bytes / 1e6:N0} MB on disk, {(double)bytes / Channels / Messages:N0} bytes a message of 100");
        using var child = Process.Start("dotnet", [typeof(ManyChannels).Assembly.Location, "channels-start", directory]);
        await child.WaitForExitAsync();
        return child.ExitCode == 0;
    }

    /// <summary>In a process of its own: opens the store, appends, and reads.</summary>
    public static async Task<bool> Start(string directory)
    {
        await using var provider = Open(directory);
        var (clock, before) = (Stopwatch.StartNew(), Memory());
        var log = provider.GetRequiredService<IChannelLog>();
        Console.WriteLine($"opened in {clock.ElapsedMilliseconds:N0} ms");
        var session = await log.Open($"many/{Channels / 2}");
        await session.Append(Entry(session, Messages + 1));
        Console.WriteLine($"first append after {clock.ElapsedMilliseconds:N0} ms, {Memory() - before:N0} MB more memory than before");
        clock.Restart();
        for (var i = 0; i < 1000; i++)
        {
            session = await log.Open($"many/{i * 97}");
            await session.Append(Entry(session, session.Newest + 1));
        }

        Console.WriteLine($"a channel taken over and appended to in {clock.Elapsed.TotalMilliseconds / 1000:N2} ms, one after the other; {Memory() - before:N0} MB more memory after 1,000");
        return session.Newest == Messages + 1;
    }

    private static ServiceProvider Open(string directory) =>
        new ServiceCollection().AddLogging().AddOptions().AddSingleton(TimeProvider.System).AddLocalChannelLog(directory).BuildServiceProvider();

    private static LogEntry Entry(IChannelLogSession session, long offset) =>
        new(MessageBatch.Pack(session.Term, session.Epoch, offset, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), [new MessageDraft(null, new byte[100])]));

    private static long Memory() => Process.GetCurrentProcess().WorkingSet64 / 1_000_000;
}
