namespace OrleansGateway.Connections;

/// <summary>A cancellation token that most never ask for.</summary>
#pragma warning disable CA1001 // A source without a timer and without linked tokens has nothing to dispose of.
internal sealed class LateToken
#pragma warning restore CA1001
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _source;
    private bool _isCanceled;

    public CancellationToken Token
    {
        get
        {
            lock (_lock)
            {
                return _source is not null ? _source.Token : _isCanceled ? new CancellationToken(canceled: true) : (_source = new()).Token;
            }
        }
    }

    /// <summary>Cancels it; what is registered runs elsewhere, since it may take its time.</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            _isCanceled = true;
            _ = _source?.CancelAsync();
        }
    }
}
