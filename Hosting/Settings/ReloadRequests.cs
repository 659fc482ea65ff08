using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace OrleansGateway.Hosting;

/// <summary>Reasons to read the configuration again: SIGHUP, heard from the beginning, and a file that was saved, made, renamed or removed.</summary>
internal sealed class ReloadRequests : IDisposable
{
    private readonly Channel<bool> _requests = Channel.CreateUnbounded<bool>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PosixSignalRegistration? _hangup;
    private FileSystemWatcher? _watcher;

    public ReloadRequests()
    {
        // On Windows the same signal means that the console is closing.
        if (!OperatingSystem.IsWindows())
        {
            _hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                Ask();
            });
        }
    }

    /// <summary>Asks for a reload.</summary>
    public void Ask() => _requests.Writer.TryWrite(true);

    /// <summary>Also has it read again when the file was saved, and once at first: it may have been saved since it was read.</summary>
    /// <param name="directory">Where the file is, or may come to be.</param>
    /// <returns>Why that can't be, in one line; null when it can.</returns>
    public string? Watch(string directory)
    {
        try
        {
            // The directory, as editors write another file and give it the name.
            _watcher = new FileSystemWatcher(directory, GatewayConfiguration.FileName);
            _watcher.Changed += (_, _) => Saved();
            _watcher.Created += (_, _) => Saved();
            _watcher.Deleted += (_, _) => Saved();
            _watcher.Renamed += (_, _) => Saved();
            _watcher.EnableRaisingEvents = true;
            Saved();
            return null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return GatewayConfiguration.InOneLine(exception);
        }
    }

    /// <summary>Waits for the next reason. One that is a file's waits until nothing more happens to it for a while.</summary>
    /// <returns>Whether somebody asked.</returns>
    public async Task<bool> Next(TimeSpan quiet, TimeProvider time, CancellationToken cancellationToken)
    {
        var isAsked = await _requests.Reader.ReadAsync(cancellationToken);
        while (!isAsked)
        {
            using var calm = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var next = _requests.Reader.WaitToReadAsync(calm.Token).AsTask();
            var first = await Task.WhenAny(next, Task.Delay(quiet, time, calm.Token));
            await calm.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (first != next)
            {
                break;
            }

            isAsked = Drain();
        }

        return isAsked | Drain();
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _hangup?.Dispose();
    }

    private void Saved() => _requests.Writer.TryWrite(false);

    private bool Drain()
    {
        var isAsked = false;
        while (_requests.Reader.TryRead(out var asked))
        {
            isAsked |= asked;
        }

        return isAsked;
    }
}
