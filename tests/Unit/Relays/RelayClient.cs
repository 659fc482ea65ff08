using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

/// <summary>A client at the other end of a subscriber's pipe, which takes as much as the test says.</summary>
internal sealed class RelayClient
{
    private readonly Pipe _pipe;
    private readonly StringBuilder _text = new();

    /// <summary>Connects; it has yet to join and start.</summary>
    /// <param name="relay">The relay.</param>
    /// <param name="encoder">The form.</param>
    /// <param name="time">The clock.</param>
    /// <param name="room">How many bytes fit in before the subscriber has to wait.</param>
    /// <param name="progress">What it can be seen to take.</param>
    public RelayClient(ChannelRelay relay, MessageEncoder encoder, TimeProvider time, int room = 1024 * 1024, Func<long?>? progress = null)
    {
        _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: room, resumeWriterThreshold: Math.Max(1, room / 2), useSynchronizationContext: false));
        Output = new CountingWriter(_pipe.Writer);
        Subscriber = new ChannelSubscriber(relay, encoder, Output, time, progress);
    }

    public ChannelSubscriber Subscriber { get; }

    public CountingWriter Output { get; }

    /// <summary>All that was taken so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The messages of the raw form that were taken so far, without keep-alives.</summary>
    public IEnumerable<string> Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => x.TrimEnd());

    /// <summary>The server-sent events that were taken so far: the data of messages, and <c>gap</c> with its id.</summary>
    public IEnumerable<string> Events => SseParser.Create(new MemoryStream(Encoding.UTF8.GetBytes(Text))).Enumerate()
        .Select(x => x.EventType == "gap" ? $"gap {x.EventId} {x.Data}" : x.Data.TrimEnd());

    public RelayClient JoinLive()
    {
        Subscriber.JoinLive();
        Subscriber.Start();
        return this;
    }

    public RelayClient JoinAfter(string id, string? until = null)
    {
        Assert.True(MessageId.TryParse(id, out var after));
        Subscriber.JoinAfter(after, until is not null && MessageId.TryParse(until, out var last) ? last : null);
        Subscriber.Start();
        return this;
    }

    /// <summary>Takes what is there, or waits for something.</summary>
    /// <returns>Whether there was anything: false at the end.</returns>
    public async Task<bool> Take()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var read = await _pipe.Reader.ReadAsync(deadline.Token);
        foreach (var part in read.Buffer)
        {
            _text.Append(Encoding.UTF8.GetString(part.Span));
        }

        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return !read.Buffer.IsEmpty;
    }

    /// <summary>Whether what was taken so far ends so.</summary>
    public bool EndsWith(string end) => _text.Length >= end.Length && _text.ToString(_text.Length - end.Length, end.Length) == end;

    /// <summary>Takes until the text says what it has to.</summary>
    public async Task TakeUntil(string end)
    {
        while (!Text.Contains(end, StringComparison.Ordinal))
        {
            await Take();
        }
    }

    public void Disconnect() => _pipe.Reader.Complete();

    /// <summary>Counts what reaches the socket in one go.</summary>
    internal sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        private int _flushes;

        public int Flushes => Volatile.Read(ref _flushes);

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _flushes);
            return inner.FlushAsync(cancellationToken);
        }
    }
}
