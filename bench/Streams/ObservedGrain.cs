using Orleans.Concurrency;
using Orleans.Placement;
using OrleansGateway.Channels;

namespace OrleansGateway.Bench.Streams;

/// <summary>Packs, waits and calls as a channel's stream does, and does nothing else: no log, no history, no keys, no leases.</summary>
[Reentrant, PreferLocalPlacement]
internal sealed class ObservedGrain : Grain, IObservedGrain
{
    private const int WaitingBytes = 1024 * 1024;
    private const int CallBytes = 64 * 1024;
    private readonly List<Queue> _queues = [];
    private long _next = 1;

    public async Task Publish(PublishRequest request)
    {
        var batch = MessageBatch.Pack(1, "observed", _next, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), request.Messages);
        _next += batch.Count;
        foreach (var queue in _queues)
        {
            queue.Add(batch);
        }

        foreach (var queue in _queues)
        {
            while (queue.Bytes > WaitingBytes)
            {
                await queue.Progress;
            }
        }
    }

    public Task Observe(IBatchObserver observer)
    {
        _queues.Add(new Queue(observer));
        return Task.CompletedTask;
    }

    private sealed class Queue(IBatchObserver observer)
    {
        private readonly Queue<MessageBatch> _waiting = [];
        private readonly List<MessageBatch> _call = [];
        private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isSending;

        public int Bytes { get; private set; }

        public Task Progress => _progress.Task;

        public void Add(MessageBatch batch)
        {
            _waiting.Enqueue(batch);
            Bytes += SizeOf(batch);
            if (!_isSending)
            {
                _isSending = true;
                _ = Send();
            }
        }

        private async Task Send()
        {
            while (_waiting.Count > 0)
            {
                var size = 0;
                while (_waiting.TryPeek(out var next) && (size == 0 || size + SizeOf(next) <= CallBytes))
                {
                    size += SizeOf(next);
                    _call.Add(_waiting.Dequeue());
                }

                await observer.Take(new Batches([.. _call]));
                _call.Clear();
                Bytes -= size;
                var progress = _progress;
                _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                progress.SetResult();
            }

            _isSending = false;
        }

        private static int SizeOf(MessageBatch batch) => batch.Data.Length + 64;
    }
}
