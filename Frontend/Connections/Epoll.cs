using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansGateway.Connections;

/// <summary>Waits for what many sockets have to say: Linux' epoll(7), edge-triggered.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Interrupted = 4;

    private readonly int _epoll = Checked(epoll_create1(CloseOnExec));

    /// <summary>What happened to a socket (sys/epoll.h).</summary>
    [Flags]
    public enum Events : uint
    {
        Readable = 0x1,
        Writable = 0x4,
        Error = 0x8,
        HungUp = 0x10,
        InputEnded = 0x2000,
        EdgeTriggered = 0x8000_0000,
    }

    /// <summary>Whether the system has it, with the layout that is used here.</summary>
    public static bool IsSupported { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    // Packed on x64 alone, for the sake of 32-bit programs.
    private static int EventSize { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static int KeyOffset => EventSize - sizeof(ulong);

    /// <summary>Watches a socket for all edges, until it is closed.</summary>
    /// <param name="socket">Its descriptor.</param>
    /// <param name="key">What it is called by <see cref="Wait"/>.</param>
    public void Watch(SafeHandle socket, ulong key)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            var item = stackalloc byte[EventSize];
            *(uint*)item = (uint)(Events.Readable | Events.Writable | Events.InputEnded | Events.EdgeTriggered);
            *(ulong*)(item + KeyOffset) = key;
            _ = Checked(epoll_ctl(_epoll, Add, (int)socket.DangerousGetHandle(), item));
        }
        finally
        {
            if (held)
            {
                socket.DangerousRelease();
            }
        }
    }

    /// <summary>Waits.</summary>
    /// <param name="found">Takes what happened.</param>
    /// <param name="timeoutMs">How long at most, in milliseconds.</param>
    /// <returns>How many.</returns>
    public int Wait(Span<(ulong Key, Events Events)> found, int timeoutMs)
    {
        var items = stackalloc byte[found.Length * EventSize];
        var count = epoll_wait(_epoll, items, found.Length, timeoutMs);
        if (count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            return 0;
        }

        _ = Checked(count);
        for (var i = 0; i < count; i++)
        {
            var item = items + (i * EventSize);
            found[i] = (*(ulong*)(item + KeyOffset), (Events)(*(uint*)item));
        }

        return count;
    }

    public void Dispose() => _ = close(_epoll);

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* item);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* items, int count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
