using Microsoft.Win32.SafeHandles;
using OrleansGateway.Cli.Terminal;
using Spectre.Console;

namespace OrleansGateway.Cli.Publishing;

/// <summary>A bar on the terminal while many lines are published; none where standard error is no terminal, or the ids go to the same one.</summary>
internal static class PublishProgress
{
    private static readonly TimeSpan ShownAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    /// <summary>Shows a bar until the publishing ends.</summary>
    /// <param name="publishing">The publishing.</param>
    /// <param name="taken">How many bytes of standard input were taken.</param>
    /// <param name="published">How many lines were acknowledged.</param>
    public static async Task ShowAsync(Task publishing, Func<long> taken, Func<long> published)
    {
        await Task.WhenAny(publishing, Task.Delay(ShownAfter));
        if (publishing.IsCompleted || !Screen.CanDrawErrors || !Console.IsOutputRedirected || LengthOfInput() is not (> 0 and var length))
        {
            return;
        }

        // What it finds out by itself is about standard output, which is no terminal here.
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = Screen.WantsColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        var progress = console.Progress().AutoClear(true).Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn());
        await progress.StartAsync(async context =>
        {
            var task = context.AddTask("0 lines", maxValue: length);
            while (!publishing.IsCompleted)
            {
                task.Value = taken();
                task.Description = $"{published()} lines";
                await Task.WhenAny(publishing, Task.Delay(Every));
            }
        });
    }

    /// <summary>How long standard input is; null where nobody knows.</summary>
    private static long? LengthOfInput()
    {
        try
        {
            using var input = new SafeFileHandle(0, ownsHandle: false);
            return !Console.IsInputRedirected || OperatingSystem.IsWindows() ? null : RandomAccess.GetLength(input);
        }
        catch (Exception exception) when (exception is NotSupportedException or IOException)
        {
            return null;
        }
    }
}
