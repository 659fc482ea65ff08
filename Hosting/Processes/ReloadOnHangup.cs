using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>Registers <see cref="ReloadOnHangup"/>.</summary>
public static class ReloadOnHangupRegistration
{
    /// <summary>Has the host read its configuration again at SIGHUP, which is what <c>gateway reload</c> sends.</summary>
    public static IServiceCollection AddReloadOnHangup(this IServiceCollection services) => services.AddHostedService<ReloadOnHangup>();
}

/// <summary>Reads the configuration again at SIGHUP. What can't be read is logged, and what was read before goes on.</summary>
internal sealed partial class ReloadOnHangup(IConfiguration configuration, ILogger<ReloadOnHangup> logger) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _hangup;
    private volatile Exception? _told;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Also when a file that is watched was saved.
        foreach (var file in ((IConfigurationRoot)configuration).Providers.OfType<FileConfigurationProvider>())
        {
            file.Source.OnLoadException = failure =>
            {
                _told = failure.Exception;
                LogUnreadable(GatewayConfiguration.InOneLine(failure.Exception));
            };
        }

        // On Windows the same signal means that the console is closing.
        if (!OperatingSystem.IsWindows())
        {
            _hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                Reload();
            });
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _hangup?.Dispose();

    /// <summary>Reads all sources again; never throws.</summary>
    internal void Reload()
    {
        try
        {
            ((IConfigurationRoot)configuration).Reload();
            LogReloaded();
        }
        catch (Exception exception) when (ReferenceEquals(exception, _told))
        {
            // A file's provider threw it and has told OnLoadException before.
        }
        catch (Exception exception)
        {
            // Nothing that is wrong with the new configuration may end the process.
            LogUnreadable(GatewayConfiguration.InOneLine(exception));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "configuration reloaded")]
    private partial void LogReloaded();

    [LoggerMessage(2, LogLevel.Error, "configuration not reloaded, the old one goes on: {Reason}")]
    private partial void LogUnreadable(string reason);
}
