using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>
/// A process that appends to a few channels for ever, and takes them over from others all the time. It writes each answer down before
/// it goes on: <c>channel epoch offset text sent answered</c>, the times by a clock that all processes share. It ends when what it reads is wrong.
/// </summary>
internal static class LogProcess
{
    public static readonly string[] Channels = ["a", "b", "c"];

    public static async Task Run(string directory, string answersFile, int seed)
    {
        using var log = new LocalChannelLog(
            Options.Create(new LocalLogOptions { Directory = directory }), new TestStore.Fixed(new RetentionOptions { Messages = int.MaxValue, Bytes = long.MaxValue }), TimeProvider.System, NullLogger<LocalChannelLog>.Instance);
        using var answers = new FileStream(answersFile, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        await Task.WhenAll(Channels.Select(x => Append(log, x, answers, new Random(seed + x[0]))));
    }

    private static async Task Append(LocalChannelLog log, string channel, FileStream answers, Random random)
    {
        for (var number = 0; ;)
        {
            try
            {
                var session = await log.Open(channel);
                var next = session.Newest + 1;
                for (var rounds = random.Next(1, 60); rounds > 0; rounds--)
                {
                    var underWay = new List<(long Offset, string Text, long Sent, Task Done)>();
                    for (var i = random.Next(1, 6); i > 0; i--)
                    {
                        var text = $"{Environment.ProcessId}-{channel}-{++number}";
                        var sent = Stopwatch.GetTimestamp();
                        underWay.Add((next, text, sent, session.Append(session.Entry(next++, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), [text])).AsTask()));
                    }

                    foreach (var (offset, text, sent, done) in underWay)
                    {
                        await done;
                        var answer = Encoding.ASCII.GetBytes($"{channel} {session.Epoch} {offset} {text} {sent} {Stopwatch.GetTimestamp()}\n");
                        lock (answers)
                        {
                            answers.Write(answer);
                        }
                    }

                    if (random.Next(20) == 0)
                    {
                        var read = await session.ReadAll(Math.Max(0, next - 20));
                        if (read.Count == 0 || read[^1].Offset != next - 1)
                        {
                            throw new InvalidDataException($"{channel}: {next - 1} was acknowledged and is not read");
                        }
                    }
                }
            }
            catch (LogException exception) when (exception.Fault == LogFault.Superseded)
            {
            }
        }
    }
}
