using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>Registers <see cref="ServiceNotifier"/>.</summary>
internal static class ServiceNotifierRegistration
{
    /// <summary>Has the service manager told how a part is, where one wants to know.</summary>
    public static IServiceCollection AddServiceManager(this IServiceCollection services, string name)
    {
        if (NotifySocket.FromEnvironment() is { } manager)
        {
            services.AddSingleton(provider => new ServiceNotifier(
                manager,
                new PartHealth(name, provider.GetRequiredService<IConfiguration>()),
                Watchdog.Period(),
                name,
                provider.GetRequiredService<IHostApplicationLifetime>(),
                TimeProvider.System));
            services.AddHostedService(provider => provider.GetRequiredService<ServiceNotifier>());
            services.AddSingleton<IReloadObserver>(provider => provider.GetRequiredService<ServiceNotifier>());
        }

        return services;
    }
}

/// <summary>
/// Tells the service manager how a part is (<c>Type=notify-reload</c>): <c>READY=1</c> when it works, which is later than when its host has
/// started; <c>RELOADING=1</c> and then <c>READY=1</c> around a reload; <c>STOPPING=1</c>; and a sign of life for its watchdog as long as the part answers.
/// </summary>
internal sealed class ServiceNotifier(
    NotifySocket manager, PartHealth health, TimeSpan? watchdog, string name, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService, IReloadObserver
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    private volatile bool _isReady;

    public void Reloading() => TellOnceReady("RELOADING=1", $"MONOTONIC_USEC={Monotonic()}", $"STATUS={name} reads its configuration again");

    public void Reloaded() => TellOnceReady(
        "READY=1", string.Create(CultureInfo.InvariantCulture, $"STATUS={Serves}; configuration read at {time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}"));

    public override void Dispose()
    {
        base.Dispose();
        health.Dispose();
        manager.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        manager.Tell($"STATUS={name} starts");
        lifetime.ApplicationStopping.Register(() => manager.Tell("STOPPING=1", $"STATUS={name} hands over and stops"));
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (lifetime.ApplicationStarted.Register(started.SetResult))
        {
            await started.Task.WaitAsync(stoppingToken);
        }

        while (!await health.ReadyAsync(stoppingToken))
        {
            await Task.Delay(AskEvery, time, stoppingToken);
        }

        _isReady = true;
        manager.Tell("READY=1", $"STATUS={Serves}");
        if (watchdog is not { } period)
        {
            return;
        }

        while (true)
        {
            var lives = await health.LiveAsync(stoppingToken);
            if (lives)
            {
                manager.Tell("WATCHDOG=1");
            }

            // One answer that came late is no death.
            await Task.Delay(lives || period < AskAgain ? period : AskAgain, time, stoppingToken);
        }
    }

    // The end of a reload is not that of the start.
    private void TellOnceReady(params IEnumerable<string> lines)
    {
        if (_isReady)
        {
            manager.Tell(lines);
        }
    }

    private string Serves => $"{name} serves at {health.Address}";

    // What systemd compares is CLOCK_MONOTONIC, and so is a stopwatch on Linux.
    private static long Monotonic() => (long)Stopwatch.GetElapsedTime(0).TotalMicroseconds;
}
