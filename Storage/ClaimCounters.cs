using System.IO.MemoryMappedFiles;
using System.Text;

namespace OrleansGateway.Storage;

/// <summary>
/// Counters in memory that all nodes share, by the hash of a channel's name: whoever claims a channel counts up. So an owner
/// sees with one read of memory that nobody has claimed its channel since it last looked, without a lock that a frozen process could hold.
/// </summary>
internal sealed unsafe class ClaimCounters
{
    private const int Count = 4096;

    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _counters;

    public ClaimCounters(string path)
    {
        Create(path);
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, Count * sizeof(long));
        _view = file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _counters = (long*)start;
    }

    // Not while somebody may still look: it would end the process.
    ~ClaimCounters() => _view.SafeMemoryMappedViewHandle.ReleasePointer();

    /// <summary>The counter that a channel shares with some others.</summary>
    public static int SlotOf(string channel)
    {
        // FNV-1a: the same in each process.
        var hash = 2166136261u;
        foreach (var value in Encoding.UTF8.GetBytes(channel))
        {
            hash = (hash ^ value) * 16777619;
        }

        return (int)((hash ^ (hash >> 16)) % Count);
    }

    /// <summary>Counts up.</summary>
    /// <returns>The new count.</returns>
    public long Increment(int slot)
    {
        var count = Interlocked.Increment(ref _counters[slot]);
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>The count, read after everything that this thread wrote before.</summary>
    public long Read(int slot)
    {
        Interlocked.MemoryBarrier();
        var count = Volatile.Read(ref _counters[slot]);
        GC.KeepAlive(this);
        return count;
    }

    // Written before it is mapped: a page for which the disk has no room would end the process when it is touched.
    private static void Create(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        // Where another node was quicker, its file is used.
        var made = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllBytes(made, new byte[Count * sizeof(long)]);
        WholeFile.TryPlace(made, path);
    }
}
