using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Hosting;

/// <summary>
/// Standard output and standard error of a part. A write never throws: what can't be written, since the disk is full or nobody reads,
/// is counted, and said when writing works again. Where they lead to a log that the part was given (<see cref="LogVariable"/>), the log
/// is rotated by size: both descriptors then lead to a new file, so that the last words of the runtime are there, too.
/// </summary>
internal sealed class PartOutput : Stream
{
    /// <summary>The environment variable with the path of the log that standard output leads to.</summary>
    public const string LogVariable = "GATEWAY_LOG";

    // SIGXFSZ, which a write beyond the limit of a file's size sends.
    private const PosixSignal FileTooLarge = (PosixSignal)25;

    private readonly int _descriptor;
    private readonly LogFiles? _files;
    private readonly Lock _writing = new();
    private readonly SafeFileHandle _output;
    private readonly PosixSignalRegistration _limit;

    // Of what was given, and of what was written: whether it ended within a line.
    private bool _midLine, _wroteMidLine;
    private bool _failing;
    private string? _error;
    private int _lost;

    private PartOutput(int descriptor, string? log)
    {
        _descriptor = descriptor;
        _output = new SafeFileHandle(descriptor, ownsHandle: false);
        _files = log is null ? null : new LogFiles(log);

        // Then it is an error of that write, and not the end of the process.
        _limit = PosixSignalRegistration.Create(FileTooLarge, x => x.Cancel = true);
    }

    /// <summary>How large a file gets before the next one begins, in bytes.</summary>
    public long MaxBytes { get; set; } = long.MaxValue;

    /// <summary>How many files there are at most.</summary>
    public int MaxFiles { get; set; } = 1;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets the console of this process write here. Null where no log is rotated; on Windows all stays as it is.</summary>
    /// <param name="name">The name of the part, for the line with which its log begins.</param>
    public static PartOutput? Take(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (Environment.GetEnvironmentVariable(LogVariable) is not { Length: > 0 } log || !LeadsTo(log))
        {
            Console.SetOut(Writer(new PartOutput(Posix.StandardOutput, null)));
            Console.SetError(Writer(new PartOutput(Posix.StandardError, null)));
            return null;
        }

        var output = new PartOutput(Posix.StandardOutput, log);
        var writer = Writer(output);
        Console.SetOut(writer);
        Console.SetError(writer);
        writer.WriteLine(LogMark.Begin(TimeProvider.System.GetUtcNow(), name, Environment.ProcessId));
        return output;

        static TextWriter Writer(PartOutput output) =>
            TextWriter.Synchronized(new StreamWriter(output, new UTF8Encoding(false), bufferSize: 16 * 1024) { AutoFlush = true });
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        lock (_writing)
        {
            if (!_midLine)
            {
                Recover();
                Rotate();
            }

            _midLine = buffer[^1] != (byte)'\n';
            if (!_failing)
            {
                buffer = buffer[TryWrite(buffer)..];
            }

            _lost += buffer.Count((byte)'\n');
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _limit.Dispose();
        _output.Dispose();
        base.Dispose(disposing);
    }

    // Whoever redirected the output of a part that a daemon started has another file in mind.
    private static bool LeadsTo(string log)
    {
        try
        {
            return !OperatingSystem.IsLinux() || Path.GetFileName(new FileInfo("/proc/self/fd/1").LinkTarget) == Path.GetFileName(log);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private int TryWrite(ReadOnlySpan<byte> bytes)
    {
        var written = Posix.Write(_descriptor, bytes, out var error);
        _wroteMidLine = written > 0 ? bytes[written - 1] != (byte)'\n' : _wroteMidLine;
        _failing = error != 0;
        _error = _failing ? Marshal.GetPInvokeErrorMessage(error) : _error;
        return written;
    }

    private void Recover()
    {
        if (!_failing)
        {
            return;
        }

        var line = Encoding.UTF8.GetBytes($"{(_wroteMidLine ? "\n" : "")}{LogMark.Lost(TimeProvider.System.GetUtcNow(), _lost, _error!)}\n");
        if (TryWrite(line) == line.Length)
        {
            _lost = 0;
        }
    }

    private void Rotate()
    {
        if (_files is null || _failing)
        {
            return;
        }

        try
        {
            if (RandomAccess.GetLength(_output) < MaxBytes)
            {
                return;
            }

            // The new file first: where there is no room for it, the old one goes on. Nobody writes to a file that has an older one's name.
            using var next = new FileStream(_files.Next, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            Posix.AppendOnly((int)next.SafeFileHandle.DangerousGetHandle());
            if (File.Exists(_files[0]))
            {
                _files.Shift(MaxFiles);
            }

            File.Move(_files.Next, _files[0]);
            Posix.Redirect((int)next.SafeFileHandle.DangerousGetHandle(), Posix.StandardOutput);
            Posix.Redirect(Posix.StandardOutput, Posix.StandardError);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes on in the old one, and is tried again with the next line.
        }
    }
}
