using OrleansGateway.Hosting;

namespace OrleansGateway.Membership;

/// <summary>
/// Which silos of this machine live. Each holds a lock on a file of its own for as long as its process does, however that ends: a port tells less, as the next
/// silo of the same node listens there, too.
/// </summary>
/// <param name="directory">Where the files are; made when it is needed.</param>
internal sealed class SiloLives(string directory)
{
    private bool _tells;

    /// <summary>Begins the life of a silo in this process. It ends when it is disposed, or with the process; what tells of it stays until <see cref="Clear"/>.</summary>
    /// <exception cref="IOException">The file can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file can't be made.</exception>
    public IDisposable Begin(SiloAddress silo)
    {
        Directory.CreateDirectory(directory);
        var life = LockFile.TryTake(PathOf(silo)) ?? throw new IOException($"The silo {silo} lives already: {PathOf(silo)} is locked.");

        // There are file systems on which a lock locks nothing.
        _tells = !IsFree(PathOf(silo));
        return life;
    }

    /// <summary>Whether a silo began its life here, and has ended. Where nothing is known of it, false.</summary>
    public bool HasEnded(SiloAddress silo) => _tells && File.Exists(PathOf(silo)) && IsFree(PathOf(silo));

    /// <summary>Removes what silos left that have ended. None begins meanwhile.</summary>
    public void Clear()
    {
        foreach (var file in Directory.EnumerateFiles(directory).Where(x => _tells && IsFree(x)))
        {
            File.Delete(file);
        }
    }

    // With no colon, which Windows does not allow.
    private string PathOf(SiloAddress silo) => Path.Combine(directory, silo.ToParsableString().Replace(':', '-'));

    private static bool IsFree(string file)
    {
        using var free = LockFile.TryTake(file);
        return free is not null;
    }
}
