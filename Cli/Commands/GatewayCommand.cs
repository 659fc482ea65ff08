using System.CommandLine;
using OrleansGateway.Cli.Completion;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary>The command <c>gateway</c>.</summary>
internal static class GatewayCommand
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var exitCode = await RunCommandAsync(args);
        return StandardOutput.Failure is { } reason ? PartProcess.Fail($"standard output can't be written: {reason}", ExitCode.Failure) : exitCode;
    }

    private static async Task<int> RunCommandAsync(string[] args)
    {
        var root = new RootCommand("A self-organising publish/subscribe gateway: every URL path is a channel, POST publishes to it, GET subscribes.")
        {
            UpCommand.Create(),
            StartCommand.Create(),
            StopCommand.Create(),
            RestartCommand.Create(),
            ReloadCommand.Create(),
            StatusCommand.Create(),
            LogsCommand.Create(),
            PubCommand.Create(),
            SubCommand.Create(),
            TopCommand.Create(),
            ConfigCommand.Create(),
            ForegroundCommands.CreateNode(),
            ForegroundCommands.CreateNumbers(),
            CompletionCommand.Create(),
        };
        root.HelpName = "gateway";
        HelpWithExamples.AddTo(root);
        root.SetAction(result => root.Parse("--help").Invoke(result.InvocationConfiguration));

        try
        {
            if (args is [CompletionScript.Directive, .. var words])
            {
                return Completions.Write(root, words);
            }

            var result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (UsageError.Describe(result) is { } error)
            {
                return PartProcess.Fail(error, ExitCode.BadSetting);
            }

            // What stops a command is its own affair: it may have a cluster to stop first.
            using var help = new StringWriter();
            var exitCode = await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = help });
            StandardOutput.TryWrite(help.ToString());
            return exitCode;
        }
        catch (CommandFailure failure)
        {
            return PartProcess.Fail(failure.Message, failure.ExitCode);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return PartProcess.Fail(GatewayConfiguration.InOneLine(exception), ExitCode.Failure);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Success;
        }
    }
}
