namespace OrleansGateway.Channels;

/// <summary>Lets callers in one after the other, in the order in which they came, until it ends. At rest it is one small object.</summary>
internal sealed class Turn
{
    // It is locked by itself, and its one holder locks it for what goes with it: a lock of its own would be larger than it is.
    private Queue<TaskCompletionSource>? _waiting;
    private bool _taken;

    /// <summary>Whether nobody is let in any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Waits for the turn. Whoever got it gives it back by <see cref="Release"/>.</summary>
    /// <returns>A task that ends with the turn; cancelled where it is over.</returns>
    public ValueTask Take()
    {
        lock (this)
        {
            if (IsOver)
            {
                return ValueTask.FromCanceled(new CancellationToken(canceled: true));
            }

            if (!_taken)
            {
                _taken = true;
                return ValueTask.CompletedTask;
            }

            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting ??= new Queue<TaskCompletionSource>(1)).Enqueue(next);
            return new ValueTask(next.Task);
        }
    }

    /// <summary>Gives the turn to the next.</summary>
    public void Release()
    {
        TaskCompletionSource? next;
        lock (this)
        {
            if (_waiting?.TryDequeue(out next) is not true)
            {
                (_waiting, _taken) = (null, false);
                return;
            }
        }

        next!.SetResult();
    }

    /// <summary>Lets nobody in any more; who has the turn keeps it.</summary>
    /// <returns>False where it was over before.</returns>
    public bool End()
    {
        Queue<TaskCompletionSource>? waiting;
        lock (this)
        {
            if (IsOver)
            {
                return false;
            }

            IsOver = true;
            (waiting, _waiting) = (_waiting, null);
        }

        while (waiting?.TryDequeue(out var next) is true)
        {
            next.SetCanceled();
        }

        return true;
    }
}
