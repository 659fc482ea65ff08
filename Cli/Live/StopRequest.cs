using System.Runtime.InteropServices;

namespace OrleansGateway.Cli.Live;

/// <summary>
/// The wish of the person, or of the system, that this process ends: Ctrl-C, SIGTERM, or the end of the terminal. A second Ctrl-C or
/// SIGTERM is the wish that it ends at once.
/// </summary>
internal sealed class StopRequest : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopRequest()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Received));
        }
    }

    /// <summary>Cancelled when it is to end.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled when it is to end at once.</summary>
    public CancellationToken Kill => _kill.Token;

    /// <summary>The person asks for the end otherwise, as by a key.</summary>
    public void Ask() => _stop.Cancel();

    public void Dispose()
    {
        _registrations.ForEach(x => x.Dispose());
        _stop.Dispose();
        _kill.Dispose();
    }

    private void Received(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
        }
        else if (context.Signal is PosixSignal.SIGINT or PosixSignal.SIGTERM)
        {
            _kill.Cancel();
        }
    }
}
