using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>
/// Reads the configuration again at SIGHUP, which is what <c>gateway reload</c> sends, and when <c>appsettings.json</c> was saved. All of it is
/// applied, or nothing: then the old one goes on, and the reason is logged and remembered.
/// </summary>
internal sealed partial class ConfigurationReload(
    RunningConfiguration configuration,
    ReloadRequests requests,
    ReloadLog log,
    IEnumerable<IReloadable> reloadables,
    IEnumerable<IReloadObserver> observers,
    TimeProvider time,
    ILogger<ConfigurationReload> logger) : IHostedService, IDisposable
{
    // An editor that writes a file in pieces, or removes it before it writes it anew, is done by then.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    // Whoever replaces a file by removing it first has the other one by then.
    private static readonly TimeSpan ForTheFileToComeBack = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ForServices = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();

    // What was applied because it was saved: who asks for a reload then wants to hear of it.
    private readonly List<string> _untold = [];
    private Task _work = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (requests.Watch(configuration.Directory) is { } failure)
        {
            LogUnwatched(GatewayConfiguration.FileName, failure);
        }

        _work = Task.Run(() => Run(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task Run(CancellationToken stop)
    {
        while (true)
        {
            var isAsked = await requests.Next(Quiet, time, stop);
            Tell(isAsked, static x => x.Reloading());
            try
            {
                await Reload(isAsked, stop);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                Refuse(exception.Message.Length == 0 ? exception.GetType().Name : GatewayConfiguration.InOneLine(exception), isAsked);
            }
            finally
            {
                Tell(isAsked, static x => x.Reloaded());
            }
        }
    }

    // Who asked waits for an end of it; of a file that was saved nobody does.
    private void Tell(bool isAsked, Action<IReloadObserver> tell)
    {
        foreach (var observer in isAsked ? observers : [])
        {
            tell(observer);
        }
    }

    /// <summary>Reads, and applies what was read.</summary>
    /// <param name="isAsked">Whether somebody asked for it, and so wants to hear of it also where nothing is other.</param>
    /// <param name="stop">Ends it.</param>
    private async Task Reload(bool isAsked, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (!isAsked && configuration.LacksItsFile && time.GetElapsedTime(began) < ForTheFileToComeBack)
        {
            await Task.Delay(BetweenLooks, time, stop);
        }

        began = time.GetTimestamp();
        ConfigurationChange? change;
        while (!configuration.TryRead(out change, out var error))
        {
            if (time.GetElapsedTime(began) >= Patience)
            {
                Refuse(error, isAsked);
                return;
            }

            await Task.Delay(BetweenLooks, time, stop);
        }

        var isOther = change.Applied.Count > 0 || !change.NeedsRestart.SequenceEqual(log.Last?.NeedsRestart ?? []) || log.Last?.Error is not null;
        if (!isAsked && !isOther)
        {
            return;
        }

        configuration.Apply(change);
        var failure = await ReloadServices(stop);
        LogReloaded(change.Applied.Count == 0 ? "nothing to apply" : string.Join(", ", change.Applied));
        if (change.NeedsRestart.Count > 0)
        {
            LogNeedsRestart(string.Join(", ", change.NeedsRestart));
        }

        _untold.AddRange(change.Applied);
        log.Add(new ReloadOutcome(time.GetUtcNow(), null, failure, isAsked ? [.. _untold] : change.Applied, change.NeedsRestart));
        if (isAsked)
        {
            _untold.Clear();
        }
    }

    // The settings hold by now, whatever a service makes of it.
    private async Task<string?> ReloadServices(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ForServices);
        try
        {
            foreach (var reloadable in reloadables)
            {
                await reloadable.ReloadAsync(limit.Token).WaitAsync(limit.Token);
            }

            return null;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            var why = limit.IsCancellationRequested ? $"not all services took the new settings within {ForServices.TotalSeconds:0} s" : GatewayConfiguration.InOneLine(exception);
            LogServiceFailed(exception, why);
            return why;
        }
    }

    private void Refuse(string error, bool isAsked)
    {
        // A file that was saved is looked at more than once.
        if (isAsked || log.Last?.Error != error)
        {
            LogRefused(error);
            log.Add(new ReloadOutcome(time.GetUtcNow(), error, null, [], log.Last?.NeedsRestart ?? []));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "configuration reloaded: {Applied}")]
    private partial void LogReloaded(string applied);

    [LoggerMessage(2, LogLevel.Error, "configuration not reloaded, the old one goes on: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(3, LogLevel.Warning, "configuration: what needs a restart: {Changes}")]
    private partial void LogNeedsRestart(string changes);

    [LoggerMessage(5, LogLevel.Error, "configuration reloaded, but a service failed: {Reason}")]
    private partial void LogServiceFailed(Exception exception, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{File} can't be watched, so that saving it does nothing until a reload is asked for: {Reason}")]
    private partial void LogUnwatched(string file, string reason);
}
