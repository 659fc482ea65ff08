using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>Reads the configuration again at SIGHUP, and logs it when a file can't be read again, whatever made us try.</summary>
internal sealed partial class ConfigurationReload(IConfiguration configuration, ILogger<ConfigurationReload> logger)
    : IHostedService, IDisposable
{
    private PosixSignalRegistration? _hangup;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var file in ((IConfigurationRoot)configuration).Providers.OfType<FileConfigurationProvider>())
        {
            file.Source.OnLoadException = failure => LogUnreadable(PartProgram.InOneLine(failure.Exception));
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

    /// <summary>Reads all sources of the configuration again; never throws.</summary>
    internal void Reload()
    {
        try
        {
            ((IConfigurationRoot)configuration).Reload();
            LogReloaded();
        }
        catch (InvalidDataException)
        {
            // A file's provider threw it and has told OnLoadException before.
        }
        catch (Exception failure)
        {
            // Nothing that is wrong with the new configuration may end the process.
            LogUnreadable(PartProgram.InOneLine(failure));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The configuration was read again")]
    private partial void LogReloaded();

    [LoggerMessage(2, LogLevel.Error, "The configuration can't be read again, the old one goes on: {Reason}")]
    private partial void LogUnreadable(string reason);
}
