using System.Threading.Tasks.Sources;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>Something to write. It is applied and told of its commit by one who writes at a time.</summary>
internal abstract class LogWrite : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    /// <summary>Ends when it is committed, or fails with a <see cref="LogException"/>. To be awaited once.</summary>
    public ValueTask Done => new(this, _done.Version);

    /// <summary>About how large it is.</summary>
    public virtual long Bytes => 0;

    /// <summary>Whether it takes so little that whoever brings it can write it.</summary>
    public virtual bool IsQuick => false;

    /// <summary>Writes it, within a transaction.</summary>
    public abstract void Apply(LogStatements statements);

    /// <summary>Its transaction was committed.</summary>
    public virtual void Committed() => _done.SetResult(true);

    /// <summary>It was not written, or does not stand.</summary>
    public virtual void Fail(LogException exception) => _done.SetException(exception);

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}

/// <summary>A write that is a few lines.</summary>
internal sealed class SmallWrite(Action<LogStatements> apply) : LogWrite
{
    public override void Apply(LogStatements statements) => apply(statements);
}
