namespace OrleansGateway.Hosting;

/// <summary>A file that one process holds for as long as it lives, however it ends: an advisory lock on Unix (flock).</summary>
public static class LockFile
{
    // EWOULDBLOCK, ERROR_SHARING_VIOLATION: all else (no descriptor left, a broken disk) does not mean that somebody holds it.
    private const int HeldOnLinux = 11, HeldOnMac = 35, HeldOnWindows = unchecked((int)0x80070020);

    /// <summary>Takes the lock, and makes the file where there is none.</summary>
    /// <returns>Gives it free when it is disposed; null where another holds it.</returns>
    /// <exception cref="IOException">The file can't be made or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file can't be made or opened.</exception>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException exception) when (exception.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
        {
            return null;
        }
    }
}
