using OrleansGateway.Channels;

namespace OrleansGateway.Logs;

/// <summary>No log: the channel's grain holds its messages, and they go with it. Each session begins a new epoch.</summary>
internal sealed class MemoryChannelLog(TimeProvider time) : IChannelLog
{
    public Task<IChannelLogSession> Open(string channel, long aboveTerm = 0) => Task.FromResult<IChannelLogSession>(
        new Session(Math.Max(aboveTerm + 1, time.GetUtcNow().ToUnixTimeMilliseconds()), Epochs.New()));

    private sealed class Session(long term, string epoch) : IChannelLogSession
    {
        public long Term => term;

        public string Epoch => epoch;

        public long Newest => 0;

        public long LastTimeMs => 0;

        public long SourceTerm => 0;

        public IReadOnlyList<LoggedPublish> Recent => [];

        public bool KeepsMessages => false;

        public long Oldest => 1;

        public ValueTask Append(LogEntry entry) => ValueTask.CompletedTask;

        public ValueTask<MessageBatch[]> Read(long after, int maxBytes) => ValueTask.FromResult<MessageBatch[]>([]);

        public ValueTask<bool> Stands() => ValueTask.FromResult(true);

        public ValueTask KeepSource(long sourceTerm) => ValueTask.CompletedTask;

        public ValueTask Delete() => ValueTask.CompletedTask;
    }
}
