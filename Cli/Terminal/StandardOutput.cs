using System.Text;
using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Cli.Terminal;

/// <summary>Standard output for a command that goes on for ever: unlike the console it tells when nobody reads any more.</summary>
internal static class StandardOutput
{
    /// <summary>Writes lines, at once. False when nobody reads any more.</summary>
    public static bool TryWrite(string lines)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Unix.WriteOut(Encoding.UTF8.GetBytes(lines));
        }

        try
        {
            Console.Out.Write(lines);
            Console.Out.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
