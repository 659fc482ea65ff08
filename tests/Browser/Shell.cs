using System.Diagnostics;
using System.Text;

namespace OrleansGateway.Tests.Browser;

/// <summary>Runs a command line as a person would who copied it.</summary>
internal static class Shell
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task<string> Run(string line)
    {
        using var shell = Start(line);
        var errors = shell.StandardError.ReadToEndAsync();
        var text = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        await errors;
        return text;
    }

    /// <summary>Runs one that does not end by itself, until it has written a text.</summary>
    /// <returns>All that it has written.</returns>
    public static async Task<string> RunUntil(string line, string text)
    {
        using var shell = Start(line);
        try
        {
            using var deadline = new CancellationTokenSource(Deadline);
            var (written, buffer) = (new StringBuilder(), new char[4096]);
            while (!written.ToString().Contains(text, StringComparison.Ordinal))
            {
                var read = await shell.StandardOutput.ReadAsync(buffer, deadline.Token);
                Assert.True(read > 0, $"'{line}' ended without '{text}'; it wrote: {written}");
                written.Append(buffer, 0, read);
            }

            return written.ToString();
        }
        finally
        {
            shell.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string line) =>
        Process.Start(new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
