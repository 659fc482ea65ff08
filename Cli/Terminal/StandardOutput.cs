using System.Text;
using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Cli.Terminal;

/// <summary>Standard output for a command that goes on for ever: unlike the console it tells when nobody reads any more.</summary>
internal static class StandardOutput
{
    /// <summary>Writes lines, at once. False when nobody reads any more.</summary>
    public static bool TryWrite(string lines) => TryWrite(Encoding.UTF8.GetBytes(lines));

    /// <summary>Writes bytes as they are, at once. False when nobody reads any more.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Unix.WriteOut(bytes);
        }

        try
        {
            using var output = Console.OpenStandardOutput();
            output.Write(bytes);
            output.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
