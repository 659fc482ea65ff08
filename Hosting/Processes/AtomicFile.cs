namespace OrleansGateway.Hosting;

/// <summary>Files that a reader finds as they were or as they are to be, whatever happens meanwhile.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file by way of another one beside it. Where that fails, as on a full disk, the other one is not left.</summary>
    /// <param name="path">The file.</param>
    /// <param name="temporary">The other one, on the same file system.</param>
    /// <param name="bytes">What is to be in it.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It can't be written.</exception>
    public static void Write(string path, string temporary, ReadOnlySpan<byte> bytes)
    {
        try
        {
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
