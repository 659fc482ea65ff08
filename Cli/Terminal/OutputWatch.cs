using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Cli.Terminal;

/// <summary>
/// Tells when nobody reads standard output any more, also while there is nothing to write: <c>gateway sub x | head -3</c> ends with
/// <c>head</c> and not with the fourth message.
/// </summary>
internal static class OutputWatch
{
    /// <summary>Completes, from a thread of its own, when the reader of the pipe is gone.</summary>
    public static Task WhenClosed()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            new Thread(() =>
            {
                if (Unix.WaitUntilUnread())
                {
                    closed.SetResult();
                }
            })
            { IsBackground = true, Name = "output watch" }.Start();
        }

        return closed.Task;
    }
}
