using System.ComponentModel;
using System.Diagnostics;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>
/// Starts parts as processes that belong to nobody: in a session of their own, so that neither Ctrl-C nor the end of a terminal
/// reaches them, with nothing open that their caller has open, and with their output in a log.
/// </summary>
internal static class Launcher
{
    // setsid does not fork, since what Process starts leads no process group: the pid stays that of the process that does the work.
    // Signals that the caller ignores (nohup) would be ignored by the part too, and it is controlled by signals.
    private const string Detach = """
        exec </dev/null >>"$1" 2>&1 || exit 1
        shift
        for fd in /proc/self/fd/* /dev/fd/*; do
            fd=${fd##*/}
            [ "$fd" -gt 2 ] 2>/dev/null && eval "exec $fd>&-"
        done
        signals=()
        env --default-signal true 2>/dev/null && signals=(env --default-signal)
        session=()
        command -v setsid >/dev/null && session=(setsid)
        exec "${signals[@]}" "${session[@]}" "$@"
        """;

    /// <summary>Starts a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="state">The state directory, which exists.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="account">Whose process it is to be; null: the caller's.</param>
    /// <exception cref="CommandFailure">There is no bash, or it can't be started.</exception>
    public static Process Start(Part part, string state, string directory, Account? account)
    {
        string[] program = [.. Programs.Of(part.Kind), .. GatewayFlags.Write(part.Flags(state), part.Kind)];
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd.exe", ["/c", $"{string.Join(' ', program.Select(x => $"\"{x}\""))} >>\"{part.LogFile(state)}\" 2>&1 <nul"])
            {
                CreateNoWindow = true,
            }
            : new ProcessStartInfo("env", [.. Account.Become(account, part), "bash", "-c", Detach, "gateway", part.LogFile(state), .. program]);
        start.Environment[PartOutput.LogVariable] = part.LogFile(state);

        // Of the caller's own service manager, who is not to be told of a part that it did not start.
        start.Environment.Remove(NotifySocket.Variable);
        start.WorkingDirectory = directory;
        start.UseShellExecute = false;
        try
        {
            return Process.Start(start) ?? throw new CommandFailure($"{part.Name} could not be started");
        }
        catch (Win32Exception exception)
        {
            throw new CommandFailure($"{part.Name} could not be started: {start.FileName}: {exception.Message}");
        }
    }
}
