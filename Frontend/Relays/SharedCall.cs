namespace OrleansGateway.Relays;

/// <summary>
/// Lets many callers share few calls. Nobody gets the answer to a call that began before his own: who comes while one is
/// under way shares the next.
/// </summary>
internal sealed class SharedCall<T>(Func<Task<T>> call)
{
    // Locked by itself: nobody else locks it.
    private TaskCompletionSource<T>? _next;
    private bool _calling;

    /// <summary>Whether nobody waits.</summary>
    public bool IsIdle
    {
        get
        {
            lock (this)
            {
                return !_calling;
            }
        }
    }

    /// <summary>The answer to a call that begins now or later.</summary>
    public Task<T> Get()
    {
        TaskCompletionSource<T> mine;
        lock (this)
        {
            mine = _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_calling)
            {
                return mine.Task;
            }

            _calling = true;
        }

        _ = Run();
        return mine.Task;
    }

    private async Task Run()
    {
        while (Take() is { } waiting)
        {
            try
            {
                waiting.SetResult(await call());
            }
            catch (Exception exception)
            {
                waiting.SetException(exception);
            }
        }
    }

    private TaskCompletionSource<T>? Take()
    {
        lock (this)
        {
            var next = _next;
            (_next, _calling) = (null, next is not null);
            return next;
        }
    }
}
