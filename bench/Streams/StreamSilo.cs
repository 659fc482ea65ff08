using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;

namespace OrleansGateway.Bench.Streams;

/// <summary>
/// A silo without a front end, in a process of its own, that does what its standard input says, a command a line, and answers each with
/// a line. It publishes to a channel or to a grain that is observed, or follows either.
/// </summary>
internal sealed class StreamSilo(IClusterClient client) : IAsyncDisposable
{
    private const int MessageBytes = 100;

    // As a node under load does: few calls with several messages each.
    private const int Callers = 16;
    private const int PerCall = 16;

    private readonly CountingSink _sink = new();
    private ChannelFollower? _follower;
    private IBatchObserver? _observer;

    public static async Task<bool> Run(int index, int siloPort, int gatewayPort)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort + index, gatewayPort + index, new IPEndPoint(IPAddress.Loopback, siloPort), "bench", "bench")
            .AddGatewayGrains());
        using var host = builder.Build();
        await host.StartAsync();
        await using var silo = new StreamSilo(host.Services.GetRequiredService<IClusterClient>());
        Console.WriteLine("started");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(await silo.Do(line.Split(' ')));
        }

        return true;
    }

    public ValueTask DisposeAsync() => _follower?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static FormattableString Nothing => $"ok";

    private async Task<string> Do(string[] command) => FormattableString.Invariant(command switch
    {
        ["follow", "stream", var name] => await Follow(name),
        ["follow", _, var name] => await Observe(name),
        ["reset"] => Reset(),
        ["count"] => $"{_sink.Count}",
        ["figures"] => $"{_sink.Count} {_sink.Faults} {_sink.Age(0.5)} {_sink.Age(0.99)} {_sink.LastTimestamp}",
        ["cpu"] => $"{Environment.CpuUsage.TotalTime.TotalMicroseconds}",
        ["publish", var kind, var name, var count, var rate] => await Publish(kind, name, int.Parse(count), int.Parse(rate)),
        _ => throw new ArgumentException(string.Join(' ', command)),
    });

    private FormattableString Reset()
    {
        _sink.Reset();
        return Nothing;
    }

    private async Task<FormattableString> Follow(string name)
    {
        _follower = new ChannelFollower(client, name, _sink);
        await _follower.StartAsync();
        return Nothing;
    }

    private async Task<FormattableString> Observe(string name)
    {
        _observer = client.CreateObjectReference<IBatchObserver>(_sink);
        await client.GetGrain<IObservedGrain>(name).Observe(_observer);
        return Nothing;
    }

    /// <summary>Publishes that many messages, so many a second, or as fast as they are taken where that is 0.</summary>
    /// <returns>When it began.</returns>
    private async Task<FormattableString> Publish(string kind, string name, int count, int rate)
    {
        Func<PublishRequest, Task> publish = kind == "stream" ? client.GetGrain<IChannelGrain>(name).Publish : client.GetGrain<IObservedGrain>(name).Publish;
        var start = Stopwatch.GetTimestamp();
        if (rate == 0)
        {
            var calls = count / PerCall;
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref calls) >= 0)
                {
                    await publish(Request(PerCall));
                }
            })));
        }
        else
        {
            await AtRate(publish, count, rate, start);
        }

        return $"{start}";
    }

    private static async Task AtRate(Func<PublishRequest, Task> publish, int count, int rate, long start)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (var sent = 0; sent < count; await timer.WaitForNextTickAsync())
        {
            for (var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate) + 1); sent < due; sent++)
            {
                await publish(Request(1));
            }
        }
    }

    private static PublishRequest Request(int messages)
    {
        var drafts = new MessageDraft[messages];
        for (var i = 0; i < messages; i++)
        {
            drafts[i] = new MessageDraft(null, new byte[MessageBytes]);
            BinaryPrimitives.WriteInt64LittleEndian(drafts[i].Body, Stopwatch.GetTimestamp());
        }

        return new PublishRequest(drafts);
    }
}
