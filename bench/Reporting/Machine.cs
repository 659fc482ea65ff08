using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace OrleansGateway.Bench.Reporting;

/// <summary>When, where and of what figures are.</summary>
internal static partial class Machine
{
    /// <summary>The day, and the commit, with a + where the checkout has changes.</summary>
    public static async Task<string> Name() => $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}-{await Commit()}";

    /// <summary>The head of a page.</summary>
    /// <param name="command">What was run.</param>
    /// <param name="load">The machine's load when it began: other work makes figures worse.</param>
    public static async Task<string> Describe(string command, string load) =>
        $"""
        # Measurements

        | | |
        | --- | --- |
        | date | {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC |
        | commit | {await Commit()} |
        | command | `{command}` |
        | CPU | {Processor()}, {Environment.ProcessorCount} cores |
        | kernel | {Environment.OSVersion.VersionString} |
        | .NET | {RuntimeInformation.FrameworkDescription} |
        | nginx, nchan | {await Version("nginx")}, {await Version("libnginx-mod-nchan")} |
        | load when it began (1, 5, 15 minutes) | {load} |

        """;

    /// <summary>How busy the machine is.</summary>
    public static string Load() => string.Join(", ", File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    private static string Processor() => CpuModel().Match(File.ReadAllText("/proc/cpuinfo")) is { Success: true } model ? model.Groups[1].Value : RuntimeInformation.ProcessArchitecture.ToString();

    private static async Task<string> Commit() =>
        $"{await Output("git", "-C", Places.Root, "rev-parse", "--short", "HEAD")}{(await Output("git", "-C", Places.Root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results") is "" ? string.Empty : "+")}";

    private static Task<string> Version(string package) => Output("dpkg-query", "-W", "-f", "${Version}", package);

    private static async Task<string> Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text.Trim();
    }

    [GeneratedRegex(@"^model name\s*:\s*(.+)$", RegexOptions.Multiline)]
    private static partial Regex CpuModel();
}
