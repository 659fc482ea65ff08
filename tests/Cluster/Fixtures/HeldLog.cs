using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>The log in files, of which a test can hold up the appends to a channel, to let them through or fail one by one, and fail its deletion.</summary>
internal sealed class HeldLog(LocalChannelLog inner) : IChannelLog
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _held = [];
    private string? _channel;
    private volatile string? _undeletable;

    /// <summary>How many appends wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Holds up the appends to a channel from now on.</summary>
    public void Hold(string channel) => _channel = channel;

    /// <summary>Lets all go on that wait, and what comes.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _channel = null;
            while (_held.TryDequeue(out var append))
            {
                append.SetResult();
            }
        }
    }

    /// <summary>Fails the append that has waited longest.</summary>
    public void FailOne()
    {
        lock (_lock)
        {
            _held.Dequeue().SetException(new LogException(LogFault.Full, "no room"));
        }
    }

    /// <summary>Fails the deletion of a channel from now on; null: of none.</summary>
    public void FailDelete(string? channel) => _undeletable = channel;

    public async Task<IChannelLogSession> Open(string channel, long aboveTerm = 0) => new Session(this, channel, await inner.Open(channel, aboveTerm));

    private Task Pass(string channel)
    {
        lock (_lock)
        {
            if (_channel != channel)
            {
                return Task.CompletedTask;
            }

            var append = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Enqueue(append);
            return append.Task;
        }
    }

    private sealed class Session(HeldLog log, string channel, IChannelLogSession inner) : IChannelLogSession
    {
        public long Term => inner.Term;

        public string Epoch => inner.Epoch;

        public long Newest => inner.Newest;

        public long LastTimeMs => inner.LastTimeMs;

        public long SourceTerm => inner.SourceTerm;

        public IReadOnlyList<LoggedPublish> Recent => inner.Recent;

        public bool KeepsMessages => inner.KeepsMessages;

        public long Oldest => inner.Oldest;

        public async ValueTask Append(LogEntry entry)
        {
            await log.Pass(channel);
            await inner.Append(entry);
        }

        public ValueTask<MessageBatch[]> Read(long after, int maxBytes) => inner.Read(after, maxBytes);

        public ValueTask<bool> Stands() => inner.Stands();

        public ValueTask KeepSource(long sourceTerm) => inner.KeepSource(sourceTerm);

        public ValueTask Delete() =>
            log._undeletable == channel ? ValueTask.FromException(new LogException(LogFault.Full, "no room")) : inner.Delete();
    }
}
