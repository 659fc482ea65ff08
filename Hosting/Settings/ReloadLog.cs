namespace OrleansGateway.Hosting;

/// <summary>Remembers what came of the last reload.</summary>
public sealed class ReloadLog
{
    private volatile ReloadOutcome? _last;

    /// <summary>The last one; null when there was none yet.</summary>
    public ReloadOutcome? Last => _last;

    /// <summary>There is another last one.</summary>
    public event Action? Changed;

    internal void Add(ReloadOutcome outcome)
    {
        _last = outcome;
        Changed?.Invoke();
    }
}
