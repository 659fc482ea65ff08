using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>Where the store is.</summary>
public sealed class LocalLogOptions
{
    /// <summary>The directory, which the nodes of one machine share.</summary>
    public string Directory { get; set; } = string.Empty;
}

/// <summary>
/// The logs of all channels in files that the nodes of one machine share. Each node appends to a file of its own; no node
/// ever waits for another's lock, so a frozen one holds up nobody. How a channel passes from one to the other:
/// docs/decisions/0003-channel-log.md.
/// </summary>
internal sealed class LocalChannelLog : IChannelLog, IDisposable
{
    // For longer nobody sends a request again.
    private static readonly TimeSpan OriginAge = TimeSpan.FromSeconds(30);

    private readonly IOptionsMonitor<RetentionOptions> _retention;
    private readonly TimeProvider _time;
    private readonly StoreDirectory _directory;
    private readonly FileStream _lock;
    private readonly int _number;
    private readonly LogWriter _writer;
    private readonly Janitor _janitor;
    private bool _disposed;

    public LocalChannelLog(
        IOptions<LocalLogOptions> options, IOptionsMonitor<RetentionOptions> retention, TimeProvider time, ILogger<LocalChannelLog> logger)
    {
        (_retention, _time) = (retention, time);
        _directory = new StoreDirectory(options.Value.Directory, logger);
        (_number, _lock, var database) = _directory.Hold();
        _writer = new LogWriter(database, logger);
        _janitor = new Janitor(_directory, _number, _writer, retention, time, logger);
    }

    /// <inheritdoc/>
    public async Task<IChannelLogSession> Open(string channel, long aboveTerm = 0)
    {
        try
        {
            // The thread pool: it reads files.
            return await Task.Run(() => TakeOver(channel, aboveTerm));
        }
        catch (SqliteError error)
        {
            throw new LogException(error.IsFull ? LogFault.Full : LogFault.Unavailable, error.Message, error);
        }
        catch (IOException exception)
        {
            throw new LogException(LogFault.Unavailable, exception.Message, exception);
        }
    }

    public void Dispose()
    {
        // The container knows it by two names.
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _janitor.Dispose();
        _writer.Dispose();
        _directory.Dispose();
        StoreDirectory.ReleaseClean(_lock);
    }

    /// <summary>Whether no claim on a channel is later than a term.</summary>
    internal bool IsNewest(string channel, long term) => NewestTerm(channel) <= term;

    /// <remarks>
    /// Two steps, so that of several who take over at the same time one wins, and whoever comes later sees what it saw:
    /// first the claim, which stops the owner before (it looks at the counter after each append and before it acknowledges it);
    /// then, after reading what that owner left, the cut: what is beyond it never counts. It stands when after that nobody claimed more.
    /// </remarks>
    private async Task<IChannelLogSession> TakeOver(string channel, long aboveTerm)
    {
        var slot = ClaimCounters.SlotOf(channel);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var newest = Math.Max(NewestTerm(channel), aboveTerm);
        var term = StoreDirectory.TermOf(Math.Max(StoreDirectory.TermAt(now), newest + 1), _number);

        var id = 0L;
        await _writer.Write(new SmallWrite(x => x.Claim.Bind(1, id = x.IdOf(channel)).Bind(2, term).Bind(3, string.Empty).Bind(4, 0L).Run()));
        var seen = _directory.Counters.Increment(slot);

        var identity = _directory.Identity();
        var chain = LogChain.Read(_directory, channel);
        if (chain.NewestTerm > term)
        {
            throw Superseded(channel);
        }

        var state = chain.State(identity, _retention.CurrentValue, now - (long)_retention.CurrentValue.KeyAge.TotalMilliseconds, now - (long)OriginAge.TotalMilliseconds);
        await _writer.Write(new SmallWrite(x =>
        {
            x.Cut.Bind(1, state.Epoch).Bind(2, state.Newest + 1).Bind(3, state.PreviousTerm).Bind(4, 0L).Bind(5, state.SourceTerm).Bind(6, id).Bind(7, term).Run();
            x.Forget.Bind(1, id).Bind(2, term).Run();
        }));
        if (_directory.Counters.Read(slot) is var count && count != seen && !IsNewest(channel, term))
        {
            throw Superseded(channel);
        }

        var own = new LogSegment(_number, id, term, state.Newest + 1, long.MaxValue);
        return new LocalLogSession(this, _directory, _writer, _retention.CurrentValue, _time, channel, slot, count, [.. state.Segments, own], state);
    }

    /// <summary>Claims the channel anew, with nothing before it.</summary>
    internal async Task Clear(string channel, long id, long term, string epoch)
    {
        var slot = ClaimCounters.SlotOf(channel);
        var next = StoreDirectory.TermOf(Math.Max(StoreDirectory.TermAt(_time.GetUtcNow().ToUnixTimeMilliseconds()), NewestTerm(channel) + 1), _number);
        await _writer.Write(new SmallWrite(x =>
        {
            x.Claim.Bind(1, id).Bind(2, next).Bind(3, string.Empty).Bind(4, 0L).Run();
            x.Cut.Bind(1, _directory.Identity().EpochAfterDeletionOf(epoch)).Bind(2, 1L).Bind(3, 0L).Bind(4, 0L).Bind(5, 0L).Bind(6, id).Bind(7, next).Run();
            x.DropAll.Bind(1, id).Run();
            x.DropClaims.Bind(1, id).Bind(2, next).Run();
        }));
        _directory.Counters.Increment(slot);
        if (!IsNewest(channel, next))
        {
            throw Superseded(channel);
        }
    }

    internal static LogException Superseded(string channel) =>
        new(LogFault.Superseded, $"Another owner took the channel '{channel}' over.");

    private long NewestTerm(string channel)
    {
        var newest = 0L;
        foreach (var file in _directory.Files())
        {
            newest = Math.Max(newest, file.Read(x => x.NewestTerm(channel)));
        }

        return newest;
    }
}
