using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Hosting;

/// <summary>Has the log rotated as the settings say, also those of a reload.</summary>
internal sealed class OutputSettings(IConfiguration configuration, PartOutput output) : IHostedService, IDisposable
{
    private IDisposable? _changes;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Apply();
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Apply);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _changes?.Dispose();

    private void Apply()
    {
        var log = configuration.Read<LogOptions>();

        // First how many, as the next line may be the one that begins a new file.
        output.MaxFiles = log.Files;
        output.MaxBytes = log.MaxBytes;
    }
}
