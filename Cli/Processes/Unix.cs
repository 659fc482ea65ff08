using System.Runtime.InteropServices;

namespace OrleansGateway.Cli.Processes;

/// <summary>What .NET has no call for.</summary>
internal static partial class Unix
{
    private const int NoSuchProcess = 3, Interrupted = 4, TryAgain = 11;

    /// <summary>Sends a signal. False when there is no such process (any more).</summary>
    /// <exception cref="CommandFailure">It belongs to somebody else.</exception>
    public static bool Send(int pid, Signal signal)
    {
        if (Kill(pid, Number(signal)) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess
            ? false
            : throw new CommandFailure($"process {pid} can't be sent {signal}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Becomes another program, with the same pid. Returns only when that did not work.</summary>
    public static string Become(string program, IEnumerable<string> arguments)
    {
        _ = Execute(program, [program, .. arguments, null]);
        return Marshal.GetLastPInvokeErrorMessage();
    }

    /// <summary>Writes to standard output. False when nobody reads it any more.</summary>
    public static bool WriteOut(ReadOnlySpan<byte> bytes)
    {
        const int StandardOutput = 1;
        while (!bytes.IsEmpty)
        {
            var written = Write(StandardOutput, bytes, bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (Marshal.GetLastPInvokeError() is not (Interrupted or TryAgain))
            {
                return false;
            }
        }

        return true;
    }

    private static int Number(Signal signal) => signal == Signal.Continue && OperatingSystem.IsMacOS() ? 19 : (int)signal;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "execvp", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string path, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint length);
}

/// <summary>The signals that parts are sent.</summary>
internal enum Signal
{
    Hangup = 1,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
}
