using System.CommandLine;
using OrleansGateway.Cli.Completion;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway completion</c>: prints what a shell needs to complete command lines.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var command = new Command("completion", "Prints a script with which bash, zsh or fish complete commands, flags, parts and channels");
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        command.Add(shell);
        command.SetAction(result => Run(result.GetValue(shell)!));
        return command;
    }

    private static int Run(string shell)
    {
        var script = CompletionScript.For(shell) ?? throw new CommandFailure(
            $"'{shell}' is no shell that is known here; allowed is bash, zsh or fish{(Nearest.To(shell, CompletionScript.Shells) is { } nearest ? $"; did you mean {nearest}?" : "")}",
            ExitCode.BadSetting);
        StandardOutput.TryWrite(script.ReplaceLineEndings("\n"));
        return ExitCode.Success;
    }
}
