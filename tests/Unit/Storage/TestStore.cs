using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>A store for one test, and the nodes that have it open.</summary>
internal sealed class TestStore : IDisposable
{
    private readonly List<LocalChannelLog> _logs = [];
    private readonly List<string> _directories = [];

    public TestStore(string? directory = null)
    {
        Directory = directory ?? New();
    }

    /// <summary>Where the store is now.</summary>
    public string Directory { get; private set; }

    public RetentionOptions Retention { get; } = new();

    public Clock Time { get; } = new();

    public string File(string name) => Path.Combine(Directory, name);

    /// <summary>Opens the store as a node does when it starts.</summary>
    public LocalChannelLog Open()
    {
        var log = new LocalChannelLog(
            Options.Create(new LocalLogOptions { Directory = Directory }), new Fixed(Retention), Time, NullLogger<LocalChannelLog>.Instance);
        _logs.Add(log);
        return log;
    }

    /// <summary>Ends a node in good order.</summary>
    public void Close(LocalChannelLog log)
    {
        _logs.Remove(log);
        log.Dispose();
    }

    /// <summary>
    /// All nodes die at once: the store goes on with its files as they are at this moment. They are copied by another
    /// process, since closing a file ends this process's locks on it.
    /// </summary>
    public void Crash()
    {
        var copy = New();
        using var copying = Process.Start("cp", ["-a", $"{Directory}/.", copy]);
        copying.WaitForExit();
        Assert.Equal(0, copying.ExitCode);
        Directory = copy;
    }

    /// <summary>The machine stops: nobody knows what was not on the disk.</summary>
    public void StopMachine()
    {
        Crash();
        foreach (var path in System.IO.Directory.GetFiles(Directory, "log-*.lock"))
        {
            if (System.IO.File.ReadAllText(path) == StoreIdentity.CurrentBoot())
            {
                System.IO.File.WriteAllText(path, "another start of the machine");
            }
        }

        var (identity, number) = StoreIdentity.Newest(Directory);
        System.IO.File.WriteAllText(File($"store-{number}"), $"{identity!.Id}\nanother start of the machine\n");
    }

    public void Dispose()
    {
        _logs.ForEach(x => x.Dispose());
        _directories.ForEach(x => System.IO.Directory.Delete(x, recursive: true));
    }

    private string New()
    {
        _directories.Add(System.IO.Directory.CreateTempSubdirectory("gateway-store-").FullName);
        return _directories[^1];
    }

    /// <summary>A time that stands until it is moved, and whose timers never end.</summary>
    internal sealed class Clock : TimeProvider
    {
        public long NowMs { get; set; } = 1_700_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    internal sealed class Fixed(RetentionOptions value) : IOptionsMonitor<RetentionOptions>
    {
        public RetentionOptions CurrentValue => value;

        public RetentionOptions Get(string? name) => value;

        public IDisposable? OnChange(Action<RetentionOptions, string?> listener) => null;
    }
}

internal static class Sessions
{
    /// <summary>What continues a session's messages.</summary>
    public static LogEntry Entry(
        this IChannelLogSession session, long first, long timeMs, string[] texts, PublishOrigin? origin = null, KeyedPublish[]? keys = null, int padding = 0) =>
        new(
            MessageBatch.Pack(session.Term, session.Epoch, first, timeMs, texts.Select(x => new MessageDraft(null, Encoding.ASCII.GetBytes(x.PadRight(padding)))).ToArray()),
            origin,
            keys);

    /// <summary>Appends one message after another.</summary>
    public static async Task<long> AppendAll(this IChannelLogSession session, TestStore store, IEnumerable<string> texts, long? after = null, int padding = 0)
    {
        var next = (after ?? session.Newest) + 1;
        foreach (var text in texts)
        {
            await session.Append(session.Entry(next++, store.Time.NowMs, [text], padding: padding));
        }

        return next - 1;
    }

    /// <summary>All messages, page by page, without a hole.</summary>
    public static async Task<List<(long Offset, string Text, long TimeMs)>> ReadAll(this IChannelLogSession session, long after = 0, int page = 100_000)
    {
        var messages = new List<(long Offset, string Text, long TimeMs)>();
        while (await session.Read(after, page) is { Length: > 0 } batches)
        {
            foreach (var batch in batches)
            {
                Assert.Equal((session.Term, session.Epoch), (batch.Term, batch.Epoch));
                foreach (var message in batch)
                {
                    // The first batch may begin before what was asked for.
                    if (message.Offset > after)
                    {
                        if (message.Offset != after + 1)
                        {
                            // What was trimmed between two pages is told.
                            Assert.True(batch == batches[0] && session.Oldest >= message.Offset, $"{message.Offset} comes after {after}");
                            messages.Clear();
                        }

                        messages.Add((message.Offset, Encoding.ASCII.GetString(message.Body.Span).TrimEnd(), message.TimeMs));
                        after = message.Offset;
                    }
                }
            }
        }

        return messages;
    }

    public static async Task<IEnumerable<string>> Texts(this IChannelLogSession session) => (await session.ReadAll()).Select(x => x.Text);

    public static async Task FailsWith(this ValueTask append, LogFault fault)
    {
        var exception = await Assert.ThrowsAsync<LogException>(async () => await append);
        Assert.Equal(fault, exception.Fault);
    }
}
