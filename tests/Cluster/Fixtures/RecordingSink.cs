using System.Text;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>Notes what a follower gives it, and takes it only while the test lets it.</summary>
internal sealed class RecordingSink : IChannelSink
{
    private readonly Lock _lock = new();
    private readonly List<(MessageId Id, string Text)> _messages = [];
    private readonly List<string> _events = [];
    private TaskCompletionSource? _held;

    /// <summary>The messages in the order in which they came.</summary>
    public IReadOnlyList<(MessageId Id, string Text)> Messages
    {
        get
        {
            lock (_lock)
            {
                return [.. _messages];
            }
        }
    }

    public IEnumerable<string> Texts => Messages.Select(x => x.Text);

    /// <summary>New epochs and gaps.</summary>
    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>Takes nothing from now on.</summary>
    public void Hold() => _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => Interlocked.Exchange(ref _held, null)?.SetResult();

    public Task HasAsync(int count) => Eventually.TrueAsync(() => Messages.Count >= count, $"{count} messages, but {Messages.Count}");

    public Task HasAsync(string text) => Eventually.TrueAsync(() => Messages is [.., var last] && last.Text == text, $"the message '{text}'");

    public async ValueTask OnMessages(MessageBatch batch, long after)
    {
        if (_held is { } held)
        {
            await held.Task;
        }

        lock (_lock)
        {
            foreach (var message in batch)
            {
                if (message.Offset > after)
                {
                    _messages.Add((new MessageId(batch.Epoch, message.Offset), Encoding.UTF8.GetString(message.Body.Span)));
                }
            }
        }
    }

    public ValueTask OnEpoch(MessageId before, bool deleted) => Note($"{(deleted ? "deleted, " : string.Empty)}epoch {before}");

    public ValueTask OnGap(MessageId after, MessageId resumed) => Note($"gap {after} {resumed}");

    private ValueTask Note(string text)
    {
        lock (_lock)
        {
            _events.Add(text);
        }

        return ValueTask.CompletedTask;
    }
}
