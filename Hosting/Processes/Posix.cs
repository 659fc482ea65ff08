using System.Runtime.InteropServices;

namespace OrleansGateway.Hosting;

/// <summary>Calls of the system that .NET has none for. Not on Windows.</summary>
internal static partial class Posix
{
    public const int StandardOutput = 1, StandardError = 2;

    private const int Interrupted = 4, TryAgain = 11;

    /// <summary>Writes all bytes, or as many as can be written.</summary>
    /// <param name="descriptor">Where to.</param>
    /// <param name="bytes">What.</param>
    /// <param name="error">Why it was not all; 0 when it was.</param>
    /// <returns>How many were written.</returns>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes, out int error)
    {
        error = 0;
        var done = 0;
        while (done < bytes.Length)
        {
            var written = Write(descriptor, bytes[done..], bytes.Length - done);
            if (written >= 0)
            {
                done += (int)written;
            }
            else if (Marshal.GetLastPInvokeError() is var code && code == TryAgain)
            {
                // Somebody who has it, too, made it non-blocking.
                const short Writable = 4;
                var place = new PollDescriptor { Descriptor = descriptor, Asked = Writable };
                _ = Poll(ref place, 1, -1);
            }
            else if (code != Interrupted)
            {
                error = code;
                break;
            }
        }

        return done;
    }

    /// <summary>Makes a second descriptor lead where the first one leads.</summary>
    /// <exception cref="IOException">That can't be done.</exception>
    public static void Redirect(int from, int to)
    {
        if (Duplicate(from, to) < 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>Has each write to a descriptor go to the end of its file, whoever else writes there.</summary>
    public static void AppendOnly(int descriptor)
    {
        const int SetFlags = 4, Append = 0x400;
        if (OperatingSystem.IsLinux())
        {
            _ = Control(descriptor, SetFlags, Append);
        }
    }

    /// <summary>Sets which permissions new files do not get, and returns what it was.</summary>
    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial int SetUmask(int mask);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollDescriptor descriptor, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);

    /// <summary>What is waited for of a descriptor, and what came.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Returned;
    }
}
