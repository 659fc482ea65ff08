using System.Runtime.InteropServices;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>What .NET has no call for.</summary>
internal static partial class Unix
{
    private const int NoSuchProcess = 3, Interrupted = 4, TryAgain = 11;

    /// <summary>Sends a signal. False when there is no such process (any more).</summary>
    /// <exception cref="CommandFailure">It belongs to somebody else.</exception>
    public static bool Send(int pid, Signal signal)
    {
        // 0 and less are groups of processes, the caller's among them.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid);
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

    /// <summary>Waits until the reader of standard output is gone. False when that can't be known.</summary>
    public static bool WaitUntilUnread()
    {
        const short Error = 8, HangUp = 16, Invalid = 32;
        while (true)
        {
            var output = new Posix.PollDescriptor { Descriptor = 1 };
            if (Posix.Poll(ref output, 1, -1) < 0)
            {
                if (Marshal.GetLastPInvokeError() is not (Interrupted or TryAgain))
                {
                    return false;
                }
            }
            else if ((output.Returned & (Error | HangUp)) != 0)
            {
                return true;
            }
            else if ((output.Returned & Invalid) != 0)
            {
                return false;
            }
        }
    }

    /// <summary>Waits until there is something to read on standard input, or it has ended.</summary>
    /// <returns>False when there is nothing yet.</returns>
    public static bool CanRead(int milliseconds)
    {
        var input = new Posix.PollDescriptor { Descriptor = 0, Asked = 1 };
        return Posix.Poll(ref input, 1, milliseconds) > 0;
    }

    /// <summary>Reads what is there on standard input.</summary>
    /// <returns>How many bytes; 0 at its end.</returns>
    public static int ReadIn(Span<byte> bytes) => (int)Read(0, bytes, bytes.Length);

    private static int Number(Signal signal) => !OperatingSystem.IsMacOS() ? (int)signal : signal switch
    {
        Signal.Continue => 19,
        Signal.Stop => 17,
        _ => (int)signal,
    };

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "execvp", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string path, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, Span<byte> bytes, nint length);
}

/// <summary>The signals that parts are sent, and a command itself when it is suspended.</summary>
internal enum Signal
{
    Hangup = 1,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
