using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary>
/// What one connection has published and not yet been answered: in order, without waiting for one answer before the next
/// publish, but bounded, so that a client that sends faster than its channel takes is held up by its own socket.
/// </summary>
internal sealed class PublishPipeline
{
    /// <summary>The most publishes under way.</summary>
    public const int MaxPending = 64;

    /// <summary>The most bytes of messages under way, but always one message.</summary>
    public const int MaxPendingBytes = 1024 * 1024;

    private readonly Queue<(Task Answered, int Bytes)> _pending = [];
    private Task _last = Task.CompletedTask;
    private long _bytes;

    /// <summary>Ends when all that was added is answered.</summary>
    public Task Drained => _last;

    /// <summary>Waits until there is room for a message.</summary>
    public async ValueTask WaitForRoom(int bytes, CancellationToken cancellationToken)
    {
        while (_pending.TryPeek(out var oldest)
            && (oldest.Answered.IsCompleted || _pending.Count >= MaxPending || _bytes + bytes > MaxPendingBytes))
        {
            await oldest.Answered.WaitAsync(cancellationToken);
            _bytes -= _pending.Dequeue().Bytes;
        }
    }

    /// <summary>Adds a publish that is under way.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="publish">What it becomes.</param>
    /// <param name="answer">Answers it, after all before it were answered.</param>
    public void Add(int bytes, Task<(PublishResult Result, Problem? Problem)> publish, Func<PublishResult, Problem?, Task> answer)
    {
        _last = Answer(_last, publish, answer);
        _pending.Enqueue((_last, bytes));
        _bytes += bytes;
    }

    private static async Task Answer(Task before, Task<(PublishResult Result, Problem? Problem)> publish, Func<PublishResult, Problem?, Task> answer)
    {
        var (result, problem) = await publish;
        await before;
        await answer(result, problem);
    }
}
