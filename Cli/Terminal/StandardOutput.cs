using System.Runtime.InteropServices;
using System.Text;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Terminal;

/// <summary>
/// Standard output for a command that goes on for ever: unlike the console it tells when nobody reads any more, which is a quiet end. What could not be
/// written for another reason, as on a full disk, is kept and told at the end of the command.
/// </summary>
internal static class StandardOutput
{
    private const int InputOutput = 5, BrokenPipe = 32;

    private static volatile string? _failure;

    /// <summary>Why something was not written that somebody wants to read; null when all was.</summary>
    public static string? Failure => _failure;

    /// <summary>Writes lines, at once. False when nobody reads any more, or it can't be written.</summary>
    public static bool TryWrite(string lines) => TryWrite(Encoding.UTF8.GetBytes(lines));

    /// <summary>Writes bytes as they are, at once. False when nobody reads any more, or they can't be written.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Posix.Write(Posix.StandardOutput, bytes, out var error);
            return error == 0 || Failed(error, Marshal.GetPInvokeErrorMessage(error));
        }

        try
        {
            using var output = Console.OpenStandardOutput();
            output.Write(bytes);
            output.Flush();
            return true;
        }
        catch (IOException exception)
        {
            return Failed(exception);
        }
    }

    /// <summary>Keeps what the console could not write.</summary>
    /// <returns>False.</returns>
    public static bool Failed(IOException exception) => Failed(exception.HResult, exception.Message);

    private static bool Failed(int error, string reason)
    {
        // Nobody reads a terminal that is gone, either.
        if (error != BrokenPipe && (error != InputOutput || Console.IsOutputRedirected))
        {
            _failure ??= reason;
        }

        return false;
    }
}
