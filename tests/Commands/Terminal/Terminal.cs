using System.Diagnostics;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Terminal;

/// <summary>
/// A terminal with a shell in the directory of a gateway, as a person has it: a tmux server of its own, which ends with the tests
/// however they end. <c>./gateway</c> is the command of that gateway, without flags.
/// </summary>
internal sealed class Terminal : IAsyncDisposable
{
    private const string Prompt = "$ ";

    private readonly string _directory = Directory.CreateTempSubdirectory("terminal-").FullName;
    private readonly UserProgram _server;

    private Terminal() => _server = UserProgram.Start(_directory, "tmux", "-S", Socket, "-f", "/dev/null", "-D");

    private string Socket => Path.Combine(_directory, "socket");

    public static async Task<Terminal> Open(TestGateway gateway, int columns = 80, int lines = 24)
    {
        var terminal = new Terminal();
        try
        {
            await terminal.Begin(gateway, columns, lines);
            return terminal;
        }
        catch
        {
            await terminal.DisposeAsync();
            throw;
        }
    }

    /// <summary>The lines that are on the screen, without blanks at their ends.</summary>
    public Task<string[]> Screen() => Capture();

    /// <summary>All lines, also those that went off the screen, each as it was written however wide it was.</summary>
    public Task<string[]> Lines() => Capture("-J", "-S", "-");

    /// <summary>All, with the escape codes of its colours.</summary>
    public async Task<string> Coloured() => string.Join('\n', await Capture("-e", "-S", "-"));

    /// <summary>Types a line.</summary>
    public async Task Enter(string line)
    {
        await Type(line);
        await Press("Enter");
    }

    /// <summary>Types characters.</summary>
    public Task Type(string text) => Tmux("send-keys", "-l", "--", text);

    /// <summary>Presses keys by their names, such as <c>C-c</c>.</summary>
    public Task Press(params IEnumerable<string> keys) => Tmux(["send-keys", .. keys]);

    /// <summary>Types a line where nothing was before, and waits for the end of the command.</summary>
    /// <returns>The lines that it wrote.</returns>
    public async Task<string[]> Run(string command, double seconds = 30)
    {
        await Tmux("send-keys", "-R", ";", "clear-history");
        await Enter(command);
        await Becomes(x => x is [_, .., var last] && last == Prompt.TrimEnd(), $"the end of '{command}'", seconds);
        return (await Lines())[1..^1];
    }

    /// <summary>Waits for something on the screen, or above it.</summary>
    public Task Shows(string what, double seconds = 20) => Becomes(x => Array.Exists(x, y => y.Contains(what, StringComparison.Ordinal)), $"'{what}'", seconds);

    /// <summary>Waits for lines, also those that went off the screen.</summary>
    public Task Becomes(Func<string[], bool> condition, string what, double seconds = 20) => Becomes(Lines, condition, what, seconds);

    /// <summary>Waits for a screen.</summary>
    public Task Draws(Func<string[], bool> condition, string what) => Becomes(Screen, condition, what, seconds: 20);

    /// <summary>Changes its size.</summary>
    public Task Resize(int columns, int lines) => Tmux("resize-window", "-x", $"{columns}", "-y", $"{lines}");

    /// <summary>Whether a program has the other screen, whether the cursor is seen, and whether long lines are wrapped.</summary>
    public async Task<(bool Other, bool Cursor, bool Wraps)> State() =>
        (await Tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}")).Trim().Split(' ') is [var other, var cursor, var wraps]
            ? (other == "1", cursor == "1", wraps == "1")
            : throw new InvalidOperationException("tmux does not say how the terminal is");

    /// <summary>How the system treats what is typed and written, in a word.</summary>
    public async Task<string> Mode() => Assert.Single(await Run("stty -g"));

    public async ValueTask DisposeAsync()
    {
        if (!_server.HasExited)
        {
            await Tmux("kill-server");
            await _server.Exit();
        }

        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task Begin(TestGateway gateway, int columns, int lines)
    {
        await Until.True(() => File.Exists(Socket), "tmux runs");
        var link = Path.Combine(gateway.Directory, "gateway");
        if (!File.Exists(link))
        {
            File.CreateSymbolicLink(link, Path.Combine(NodeProcess.Root, "gateway"));
        }

        await Tmux("set-option", "-g", "default-terminal", "tmux-256color");
        string[] environment =
        [
            "LANG=C.UTF-8", $"PS1={Prompt}", "HISTFILE=",
            .. gateway.Flags.Chunk(2).Select(x => $"Gateway__{x[0].Replace("-", "", StringComparison.Ordinal)}={x[1]}"),
        ];
        await Tmux(
        [
            "new-session", "-d", "-x", $"{columns}", "-y", $"{lines}", "-c", gateway.Directory, .. environment.SelectMany(x => new[] { "-e", x }),
            "bash", "--norc", "--noprofile",
        ]);
        await Becomes(x => x is [.., var last] && last == Prompt.TrimEnd(), "the prompt");
    }

    private static async Task Becomes(Func<Task<string[]>> look, Func<string[], bool> condition, string what, double seconds)
    {
        string[] seen = [];
        await Until.True(async () => condition(seen = await look()), () => $"{what}; there is:\n{string.Join('\n', seen)}", seconds);
    }

    private async Task<string[]> Capture(params string[] flags) => [.. (await Tmux(["capture-pane", "-p", .. flags])).TrimEnd().Split('\n').Select(x => x.TrimEnd())];

    private async Task<string> Tmux(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-S", Socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var tmux = Process.Start(start)!;
        var (output, errors) = (tmux.StandardOutput.ReadToEndAsync(), tmux.StandardError.ReadToEndAsync());
        await tmux.WaitForExitAsync();
        Assert.True(tmux.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {await errors}");
        return await output;
    }
}
