using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>
/// What a node does that learns that the others hold it for dead (it was frozen, say): it begins anew, in the same process
/// and so with the same pid, since whatever it holds belongs to others now. One that was told to stop does that.
/// </summary>
internal sealed partial class RestartOnEviction(
    ILogger<RestartOnEviction> logger, IEnumerable<ILoggerProvider> loggers, IHostApplicationLifetime lifetime) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not ObjectDisposedException and not OperationCanceledException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // What it holds it lets go anyway, and who told it to stop waits for that.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogStop(context);
            return;
        }

        LogRestart(exception, context);

        // The console's logger writes in the background, and what it has not written is lost with this image of the process.
        foreach (var provider in loggers)
        {
            provider.Dispose();
        }

        Console.Out.Flush();
        Restart();

        // Only when there is nothing to execute anew: better no node than one that is not in the cluster.
        Environment.FailFast(context, exception);
    }

    private static void Restart()
    {
        if (OperatingSystem.IsLinux())
        {
            var arguments = File.ReadAllBytes("/proc/self/cmdline");
            var argv = Encoding.UTF8.GetString(arguments).TrimEnd('\0').Split('\0');
            _ = Execute("/proc/self/exe", [.. argv, null]);
        }
    }

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string path, string?[] argv);

    [LoggerMessage(1, LogLevel.Warning, "This node was taken for dead and begins anew: {Context}")]
    private partial void LogRestart(Exception? exception, string? context);

    [LoggerMessage(2, LogLevel.Warning, "This node was taken for dead, and stops as it was told to: {Context}")]
    private partial void LogStop(string? context);
}
