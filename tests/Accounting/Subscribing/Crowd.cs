using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>All subscribers: on every channel all transports.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Crowd(AccountingSettings settings, GatewayNodes nodes, string[] channels)
    {
        List<Transport> transports = [new SseTransport(), new SseTransport(), new SseTransport()];
        transports.AddRange(settings.Has("json") ? [new JsonTransport(), new JsonTransport()] : []);
        transports.AddRange(settings.Has("gateway.json") ? [new SocketTransport(withIds: true)] : []);
        transports.AddRange(settings.Has("poll") ? [new PollTransport(waits: true)] : []);
        transports.AddRange([new RawTransport(), new SocketTransport(withIds: false), new TailTransport()]);
        for (var i = 0; i < AccountingSettings.Subscribers; i++)
        {
            var channel = i % channels.Length;
            var transport = transports[i / channels.Length % transports.Count];

            // Half of those who can begin with all that there is: it must make no difference when they come.
            var all = transport is PollTransport || (transport.Promise == Promise.Everything && i % 2 == 0);
            Subscribers.Add(new Subscriber($"s{i + 1} {transport.Name}", channels[channel], transport, nodes, new Random(settings.Seed + (1000 * i)))
            {
                BeginsWith = all ? "all" : "none",
            });
        }

        if (settings.Has("several"))
        {
            var (prefix, names) = ($"{channels[0].Split('/')[0]}/*", string.Join(',', channels));
            (string Path, string Form)[] several = [(prefix, "json"), (prefix, "sse"), (names, "json"), (names, "sse"), ("*", "json")];
            Several.AddRange(several.Select((x, i) => new SelectionSubscriber(
                $"several {i + 1} {x.Form}", x.Path, x.Form, channels, nodes, new Random(settings.Seed + (7777 * i)))));
        }

        _running = Task.WhenAll([.. Subscribers.Select(x => x.Run(_stop.Token)), .. Several.Select(x => x.Run(_stop.Token))]);
    }

    public List<Subscriber> Subscribers { get; } = [];

    /// <summary>Those that read all channels at once.</summary>
    public List<SelectionSubscriber> Several { get; } = [];

    /// <summary>Waits until each of them that carries ids has what is at the end of its channel.</summary>
    public Task CaughtUp(IReadOnlyDictionary<string, long> ends, double seconds)
    {
        string Behind() => string.Join(", ", Missing().Take(10).Select(x => $"{x.Name} on {x.Channel} is at {x.At} of {ends[x.Channel]}"));
        IEnumerable<(string Name, string Channel, long At)> Missing() => Subscribers
            .Where(x => x.Reading.Promise == Promise.Everything)
            .Select(x => (x.Reading.Name, x.Channel, x.Position?.Offset ?? -1))
            .Concat(Several.SelectMany(x => x.Readings.Values.Select(y => (y.Name, y.Channel, x.CountOf(y.Channel)))))
            .Where(x => x.Item3 < ends[x.Channel]);
        return Until.True(() => Task.FromResult(!Missing().Any()), () => $"all subscribers have everything: {Behind()}", seconds);
    }

    /// <summary>Waits until everybody has a place, so that nobody misses what is published from now on.</summary>
    public Task Seated() => Until.True(() => Subscribers.TrueForAll(x => x.IsThere) && Several.TrueForAll(x => x.IsThere), "all subscribers are there", 30);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }
}
