using System.Diagnostics;

namespace OrleansGateway.Tests.Browser;

/// <summary>Runs a command line as a person would who copied it.</summary>
internal static class Shell
{
    public static async Task<string> Run(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var text = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        await errors;
        return text;
    }
}
