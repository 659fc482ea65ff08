using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Cli.Terminal;

/// <summary>
/// Tells when nobody reads standard output any more, also while there is nothing to write: <c>gateway sub x | head -3</c> ends with
/// <c>head</c> and not with the fourth message.
/// </summary>
internal static class OutputWatch
{
    /// <summary>Calls back once, from a thread of its own, when the reader of the pipe is gone.</summary>
    public static void WhenClosed(Action gone)
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return;
        }

        new Thread(() =>
        {
            if (Unix.WaitUntilUnread())
            {
                gone();
            }
        })
        { IsBackground = true, Name = "output watch" }.Start();
    }
}
