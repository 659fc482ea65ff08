using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Publishing;

/// <summary>
/// Publishes one after the other. With keys it tries until it is answered, at one node after the other, and the same bytes
/// each time; without, it tries once.
/// </summary>
internal sealed class Publisher(int number, PublisherKind kind, GatewayNodes nodes, string[] channels, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly ISender _sender = kind.BySocket ? new SocketSender(nodes) : new HttpSender(nodes);
    private readonly HttpSender _second = new HttpSender(nodes);
    private readonly Random _random = new(seed);
    private readonly List<Sized> _sent = [];
    private int _node = (number % AccountingSettings.Nodes) + 1;
    private int _messages;

    public IEnumerable<Publication> Publications => _sent.Select(x => x.Publication);

    /// <summary>Publishes at a pace until it is told to stop, and then finishes what it began, unless it is told to give up.</summary>
    public async Task Run(double perSecond, CancellationToken stopping, CancellationToken givingUp)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Publish(channels[_random.Next(channels.Length)], givingUp);
            if (kind.HasKeys && _random.NextDouble() < 0.04)
            {
                await AskAgain();
            }

            // After an outage it does not hurry to make up for it.
            await Task.Delay(TimeSpan.FromSeconds((0.5 + _random.NextDouble()) / perSecond), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>The publication, with all its attempts.</returns>
    public async Task<Publication> Publish(string channel, CancellationToken givingUp)
    {
        var sized = Compose(channel);
        var publication = sized.Publication;
        _sent.Add(sized);
        do
        {
            // Now and then to two nodes at once, with the same key: it must be one message all the same.
            var twice = kind.HasKeys && _random.NextDouble() < 0.02;
            var second = twice ? _second.Send(publication, sized.Bodies(), sized.Type, Other(_node)) : null;
            var sent = await _sender.Send(publication, sized.Bodies(), sized.Type, _node);
            publication.Attempts.Add(sent.Attempt);
            if (second is not null)
            {
                publication.Attempts.Add((await second).Attempt);
            }

            if (sent.Attempt.Outcome != Outcome.Acknowledged)
            {
                _node = Other(_node);
                await Wait(sent.RetryAfter ?? TimeSpan.FromMilliseconds(_random.Next(50, 250)), givingUp);
            }
        }
        while (kind.HasKeys && !publication.IsAcknowledged && !givingUp.IsCancellationRequested);
        return publication;
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync();
        await _second.DisposeAsync();
    }

    // As a client does whose connection broke before the answer came: it must get the first answer again.
    private async Task AskAgain()
    {
        var sized = _sent[_random.Next(Math.Max(0, _sent.Count - 100), _sent.Count)];
        if (sized.Publication.IsAcknowledged)
        {
            var sent = await _second.Send(sized.Publication, sized.Bodies(), sized.Type, Other(_node));
            sized.Publication.Attempts.Add(sent.Attempt);
        }
    }

    private int Other(int node) => ((node + _random.Next(AccountingSettings.Nodes - 1)) % AccountingSettings.Nodes) + 1;

    private static Task Wait(TimeSpan time, CancellationToken givingUp) =>
        Task.Delay(time < LongestWait ? time : LongestWait, givingUp).ContinueWith(static _ => { }, TaskScheduler.Default);

    private Sized Compose(string channel)
    {
        var first = _messages + 1;
        var count = kind.HasBatches && _random.NextDouble() < 0.1 ? _random.Next(2, 21) : 1;
        int[] paddings = [.. Enumerable.Range(0, count).Select(_ => Padding(count))];
        _messages += count;

        // What carries both text and bytes carries both.
        var type = count > 1 ? "application/json" : _random.Next(10) switch { 0 when !kind.BySocket => "application/octet-stream", < 5 => "application/json", _ => "text/plain" };
        var bodies = Enumerable.Range(0, count).Select(x => Body.Make(number, first + x, channel, paddings[x]));
        var publication = new Publication
        {
            Publisher = number,
            Channel = channel,
            Key = kind.HasKeys ? $"p{number}-{first}" : null,
            Contents = [.. bodies.Select(x => Body.Read(x, channel))],
        };
        return new Sized(publication, type, paddings);
    }

    // Most are small, some are large, a few very large.
    private int Padding(int count) => _random.NextDouble() switch
    {
        < 0.003 when count == 1 => _random.Next(50_000, 170_000),
        < 0.05 => _random.Next(1_000, 8_000),
        _ => _random.Next(0, 300),
    };

    /// <summary>What it takes to make a publication's bytes again.</summary>
    private sealed record Sized(Publication Publication, string Type, int[] Paddings)
    {
        public IReadOnlyList<byte[]> Bodies() =>
            [.. Publication.Contents.Select((x, i) => Body.Make(x.Publisher, x.Number, Publication.Channel, Paddings[i]))];
    }
}

/// <param name="HasKeys">It repeats until it is answered.</param>
/// <param name="HasBatches">Some of its publishes are of many messages.</param>
/// <param name="BySocket">By WebSocket, not by <c>POST</c>.</param>
internal sealed record PublisherKind(bool HasKeys, bool HasBatches, bool BySocket)
{
    /// <summary>Of every five: three by POST with keys, batches among them, one by WebSocket, one without keys.</summary>
    public static PublisherKind Of(int index, AccountingSettings settings) => (index % 5) switch
    {
        3 when settings.Has("gateway.json") => new(settings.Has("keys"), HasBatches: false, BySocket: true),
        4 => new(HasKeys: false, settings.Has("batches"), BySocket: false),
        _ => new(settings.Has("keys"), settings.Has("batches"), BySocket: false),
    };
}
