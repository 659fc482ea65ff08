using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading.Channels;
using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Cli.Terminal;

/// <summary>
/// The keys that are pressed while a command runs. The terminal is as it was before when the command ends, is suspended (Ctrl-Z) or
/// goes to the background; back in the foreground, keys are taken again.
/// </summary>
internal sealed class Keyboard : IDisposable
{
    private const int LookEvery = 100;

    private readonly Channel<Key> _keys = Channel.CreateUnbounded<Key>();
    private readonly ManualResetEventSlim _closing = new();
    private readonly Lock _lock = new();
    private readonly TerminalMode _mode;
    private readonly Thread _reading;
    private readonly PosixSignalRegistration _suspend;
    private readonly PosixSignalRegistration _resume;
    private volatile bool _suspended;
    private bool _taken;

    [UnsupportedOSPlatform("windows")]
    private Keyboard(TerminalMode mode)
    {
        _mode = mode;
        _suspend = PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend);
        _resume = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => _suspended = false);
        _reading = new Thread(Read) { IsBackground = true, Name = "keyboard" };
        _reading.Start();
    }

    /// <summary>Called before the command is suspended.</summary>
    public event Action? Suspending;

    /// <summary>Called when it is in the foreground again.</summary>
    public event Action? Resumed;

    /// <summary>Called when there are keys to read.</summary>
    public event Action? Pressed;

    /// <summary>The keys.</summary>
    public ChannelReader<Key> Keys => _keys.Reader;

    /// <summary>Takes the keys of the terminal; null when standard input or output is none.</summary>
    public static Keyboard? Open() =>
        !OperatingSystem.IsWindows() && !Console.IsOutputRedirected && TerminalMode.Read() is { } mode ? new Keyboard(mode) : null;

    public void Dispose()
    {
        _closing.Set();
        _reading.Join();
        Leave();
        _suspend.Dispose();
        _resume.Dispose();
        _closing.Dispose();
    }

    private void Read()
    {
        Span<byte> bytes = stackalloc byte[256];
        while (!_closing.IsSet)
        {
            if (_suspended || !TerminalMode.IsForeground)
            {
                _closing.Wait(LookEvery);
                continue;
            }

            Take();
            if (!Unix.CanRead(LookEvery))
            {
                continue;
            }

            // Whoever it was typed for may have changed meanwhile.
            if (_suspended || !TerminalMode.IsForeground)
            {
                continue;
            }

            var read = Unix.ReadIn(bytes);
            if (read <= 0)
            {
                break;
            }

            foreach (var key in Key.Parse(bytes[..read]))
            {
                _keys.Writer.TryWrite(key);
            }

            Pressed?.Invoke();
        }
    }

    // A shell that had the terminal meanwhile has left its own mode, or the one before.
    private void Take()
    {
        bool again;
        lock (_lock)
        {
            if (_suspended || (_taken && TerminalMode.IsByKey))
            {
                return;
            }

            again = _taken;
            _taken = true;
            _mode.TakeKeys();
        }

        if (again)
        {
            Resumed?.Invoke();
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (_taken && TerminalMode.IsForeground)
            {
                _mode.Restore();
            }
        }
    }

    private void Suspend(PosixSignalContext context)
    {
        context.Cancel = true;
        _suspended = true;
        Suspending?.Invoke();
        Leave();
        Unix.Send(Environment.ProcessId, Signal.Stop);
    }
}
