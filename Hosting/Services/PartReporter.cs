using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>Writes a part's report at each change, from when it has its pid file.</summary>
internal sealed partial class PartReporter
{
    private readonly string _state;
    private readonly string _name;
    private readonly Lock _lock = new();
    private ServiceTree _tree;
    private ReloadLog? _reloads;
    private ILogger? _logger;
    private bool _failed;

    /// <summary>Replaces what an earlier process left.</summary>
    /// <param name="state">The state directory.</param>
    /// <param name="name">The name of the part.</param>
    /// <param name="kind">What its root is named before it has services.</param>
    public PartReporter(string state, string name, string kind)
    {
        (_state, _name) = (state, name);
        _tree = new ServiceTree(kind, TimeProvider.System);
        Write();
    }

    /// <summary>Follows the services from now on.</summary>
    public void Follow(ServiceTree tree, ReloadLog? reloads, ILogger logger)
    {
        (_tree, _reloads, _logger) = (tree, reloads, logger);
        tree.Changed += Write;
        if (reloads is not null)
        {
            reloads.Changed += Write;
        }

        Write();
    }

    /// <summary>Notes why the part does not run, unless a service has said it.</summary>
    public void Fail(string error)
    {
        if (_tree.Root.Error is null)
        {
            _tree.Root.Fail(error);
            Write();
        }
    }

    // In the order of the changes: the last one stays.
    private void Write()
    {
        lock (_lock)
        {
            try
            {
                var self = ProcessIdentity.Current;
                new PartReport(self.Pid, self.StartTime, _tree.Report(), _reloads?.Last).Write(_state, _name);
                _failed = false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (!_failed && _logger is { } logger)
                {
                    LogNotWritten(logger, _name, exception.Message);
                }

                _failed = true;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The report of {Name} can't be written: {Reason}")]
    private static partial void LogNotWritten(ILogger logger, string name, string reason);
}
