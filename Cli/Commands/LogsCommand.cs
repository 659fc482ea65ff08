using System.CommandLine;
using System.Globalization;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Logs;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway logs</c>: the last lines of the logs, and what is added.</summary>
internal static class LogsCommand
{
    private const int DefaultLines = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var command = new Command("logs", "Prints the last lines of the logs of all or one part; those of several are merged by time");
        var target = new Target(command);
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is added, until Ctrl-C" };
        var lines = new Option<string>("--lines", "-n") { Description = $"How many lines; default {DefaultLines}", HelpName = "LINES" };
        command.Add(follow);
        command.Add(lines);
        var options = new SettingOptions(command, SettingOptions.Common);
        command.SetAction((result, cancellation) =>
            RunAsync(target.Read(result), result.GetValue(follow), Count(result.GetValue(lines)), options.Read(result), cancellation));
        return command;
    }

    private static int Count(string? text) =>
        text is null ? DefaultLines
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
        : throw new CommandFailure($"-n is '{text}'; allowed is a number of lines, 0 or more", ExitCode.BadSetting);

    private static async Task<int> RunAsync(string? name, bool follow, int count, IReadOnlyDictionary<string, string?> flags, CancellationToken cancellation)
    {
        var gateway = Gateway.Open(flags, Intent.Look);
        var readers = new Dictionary<string, LogReader>();
        FindLogs();
        if (readers.Count == 0 && !follow)
        {
            throw new CommandFailure($"there is no log of {name ?? "any part"} in {gateway.State}");
        }

        // A name before each line, as soon as there may be several.
        var width = name is null ? Math.Max(PartName.Numbers.Length, readers.Keys.Max(x => (int?)x.Length) ?? 0) : 0;
        var last = LogLine.Merge(readers.Select(x => LogLine.Read(x.Key, x.Value.Last(count)))).TakeLast(count);
        var goesOn = Write(last);
        var unread = OutputWatch.WhenClosed();
        while (follow && goesOn && !unread.IsCompleted && !cancellation.IsCancellationRequested)
        {
            await Task.WhenAny(unread, Task.Delay(LookEvery, TimeProvider.System, cancellation));
            FindLogs();
            goesOn = Write(LogLine.Merge(readers.Select(x => LogLine.Read(x.Key, x.Value.Next()))));
        }

        return ExitCode.Success;

        void FindLogs()
        {
            foreach (var part in name is null ? Parts(gateway.State) : [name])
            {
                if (File.Exists(Part.LogFile(gateway.State, part)))
                {
                    readers.TryAdd(part, new LogReader(Part.LogFile(gateway.State, part)));
                }
            }
        }

        bool Write(IEnumerable<LogLine> lines)
        {
            var text = string.Concat(lines.Select(x => (name is null ? $"{x.Part.PadRight(width)} | " : "") + x.Text + "\n"));
            return text.Length == 0 || StandardOutput.TryWrite(text);
        }
    }

    private static IEnumerable<string> Parts(string state) =>
        !Directory.Exists(state) ? [] : Directory.EnumerateFiles(state, "*.log").Select(x => Path.GetFileNameWithoutExtension(x)).Where(PartName.IsPart).Order();
}
