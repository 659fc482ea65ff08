using System.Runtime.InteropServices;

namespace OrleansGateway.Cli.Terminal;

/// <summary>
/// The mode of the terminal of standard input: keys one by one and unseen, while Ctrl-C and Ctrl-Z stay signals. Not by way of the
/// console, which changes it for each process that is started.
/// </summary>
internal sealed unsafe partial class TerminalMode
{
    private const int Input = 0, AtOnce = 0, Bytes = 256;

    private readonly byte[] _before;

    private TerminalMode(byte[] before) => _before = before;

    /// <summary>Whether this process may read from the terminal and change it: those in the background are stopped when they try.</summary>
    public static bool IsForeground => ForegroundGroup(Input) == OwnGroup();

    /// <summary>Whether keys come one by one.</summary>
    public static bool IsByKey => Get() is { } now && !HasLines(now);

    /// <summary>The mode as it is now; null when there is no terminal.</summary>
    public static TerminalMode? Read() => !OperatingSystem.IsWindows() && !Console.IsInputRedirected && Get() is { } now ? new TerminalMode(now) : null;

    /// <summary>Takes keys one by one.</summary>
    public void TakeKeys()
    {
        var mode = (byte[])_before.Clone();
        var (read, wait) = OperatingSystem.IsMacOS() ? (48, 49) : (23, 22);
        (mode[read], mode[wait]) = (1, 0);
        if (OperatingSystem.IsMacOS())
        {
            const ulong Lines = 0x100, Echo = 8;
            MemoryMarshal.Write(mode.AsSpan(24), MemoryMarshal.Read<ulong>(mode.AsSpan(24)) & ~(Lines | Echo));
        }
        else
        {
            const uint Lines = 2, Echo = 8;
            MemoryMarshal.Write(mode.AsSpan(12), MemoryMarshal.Read<uint>(mode.AsSpan(12)) & ~(Lines | Echo));
        }

        Set(mode);
    }

    /// <summary>Goes back to what it was.</summary>
    public void Restore() => Set(_before);

    private static bool HasLines(ReadOnlySpan<byte> mode) => OperatingSystem.IsMacOS() ? (mode[25] & 1) != 0 : (mode[12] & 2) != 0;

    // A termios has less than that on any system.
    private static byte[]? Get()
    {
        var mode = new byte[Bytes];
        fixed (byte* pointer = mode)
        {
            return GetAttributes(Input, pointer) == 0 ? mode : null;
        }
    }

    private static void Set(byte[] mode)
    {
        fixed (byte* pointer = mode)
        {
            _ = SetAttributes(Input, AtOnce, pointer);
        }
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int GetAttributes(int descriptor, byte* mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int SetAttributes(int descriptor, int when, byte* mode);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int ForegroundGroup(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int OwnGroup();
}
