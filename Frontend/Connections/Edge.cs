using System.Threading.Tasks.Sources;

namespace OrleansGateway.Connections;

/// <summary>A signal for one waiter: one that comes before it waits is kept, and several are one.</summary>
internal sealed class Edge : IValueTaskSource
{
    private const int None = 0;
    private const int Signalled = 1;
    private const int Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public void Signal()
    {
        if (Interlocked.Exchange(ref _state, Signalled) == Awaited)
        {
            // This one is for who waits.
            Volatile.Write(ref _state, None);
            _source.SetResult(true);
        }
    }

    public ValueTask Wait()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, None) == None)
        {
            return new ValueTask(this, _source.Version);
        }

        Volatile.Write(ref _state, None);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
