using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;

namespace OrleansGateway.Storage;

/// <summary>
/// Drops what is too old, and what the whole store has no room for, from this node's file and from those that nobody holds.
/// An owner that publishes trims its channel by itself; this is for all others.
/// </summary>
internal sealed partial class Janitor : IDisposable
{
    private const int RowsAStep = 64;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly StoreDirectory _directory;
    private readonly int _number;
    private readonly LogWriter _writer;
    private readonly IOptionsMonitor<RetentionOptions> _retention;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public Janitor(
        StoreDirectory directory, int number, LogWriter writer, IOptionsMonitor<RetentionOptions> retention, TimeProvider time, ILogger logger)
    {
        (_directory, _number, _writer, _retention, _time, _logger) = (directory, number, writer, retention, time, logger);
        _work = Task.Run(Run);
    }

    /// <summary>Ends it, when it has ended what it is at.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _work;
    }

    public void Dispose()
    {
        Stop().Wait();
        _stop.Dispose();
    }

    private async Task Run()
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
                await Tidy();
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception exception)
            {
                LogFailed(exception);
            }
        }
    }

    /// <summary>What it does every few seconds.</summary>
    public async Task Tidy()
    {
        var retention = _retention.CurrentValue;
        var age = retention.Channels.Values.Select(x => x.Age).Append(retention.Age).Append(retention.KeyAge).Append(PublishMemory.OriginAge).Max();
        var oldestMs = (_time.GetUtcNow() - age).ToUnixTimeMilliseconds();
        while (!_stop.IsCancellationRequested)
        {
            var files = _directory.Files().Select(x => (x.Number, Use: x.Read(y => y.Use()))).ToList();
            var dropped = false;
            foreach (var (number, _) in files.Where(x => x.Use.OldestMs < oldestMs))
            {
                dropped |= await Drop(number, oldestMs);
            }

            // The oldest of all may be in another node's file: then that node drops it.
            if (files.Sum(x => x.Use.Bytes) > retention.StoreBytes && files.Where(x => x.Use.OldestMs is not null).MinBy(x => x.Use.OldestMs) is { Number: > 0 } oldest)
            {
                dropped |= await Drop(oldest.Number, long.MaxValue);
            }

            if (!dropped)
            {
                return;
            }
        }
    }

    /// <summary>Drops some of the oldest entries of a file.</summary>
    /// <returns>Whether it could.</returns>
    private async Task<bool> Drop(int number, long beforeMs)
    {
        if (number == _number)
        {
            await _writer.Write(new SmallWrite(x => x.DropOldest(RowsAStep, beforeMs)));
            return true;
        }

        if (_directory.TryHold(number) is not { } held)
        {
            return false;
        }

        try
        {
            using var database = held.Database;
            database.Execute("BEGIN IMMEDIATE");
            new LogStatements(database).DropOldest(RowsAStep, beforeMs);
            database.Execute("COMMIT");
            return true;
        }
        finally
        {
            held.Lock.Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "What is too old in the store could not be dropped; trying again")]
    private partial void LogFailed(Exception exception);
}
