using System.Runtime.InteropServices;

namespace OrleansGateway.Storage;

/// <summary>Puts files in their places whole, each only once however many processes try.</summary>
internal static partial class WholeFile
{
    private const int AlreadyExists = 17;

    /// <summary>Gives a file that was written elsewhere in the same directory its name, unless there is one of that name. The other name is gone then.</summary>
    /// <returns>Whether it was this one.</returns>
    /// <exception cref="IOException">It cannot be done at all.</exception>
    public static bool TryPlace(string made, string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                File.Move(made, path);
                return true;
            }

            // Not File.Move: where nothing is there it renames, and of two that look at the same time the second replaces the first.
            if (Link(made, path) == 0)
            {
                return true;
            }

            var error = Marshal.GetLastPInvokeError();
            return error == AlreadyExists
                ? false
                : throw new IOException($"'{path}' could not be made: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        catch (IOException) when (OperatingSystem.IsWindows() && File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(made);
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
