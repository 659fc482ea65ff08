using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Journals;
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
    private readonly IOptionsMonitor<RetentionOptions> _retention;
    private readonly TimeProvider _time;
    private readonly StoreDirectory _directory;
    private readonly FileStream _lock;
    private readonly int _number;
    private readonly LogWriter _writer;
    private readonly Janitor _janitor;
    private readonly HashSet<Task> _background = [];
    private bool _stopped;
    private bool _disposed;

    public LocalChannelLog(
        IOptions<LocalLogOptions> options, IOptionsMonitor<RetentionOptions> retention, TimeProvider time, ILogger<LocalChannelLog> logger)
    {
        (_retention, _time) = (retention, time);
        _directory = new StoreDirectory(options.Value.Directory, logger);
        (_number, _lock, var database) = _directory.Hold();
        _writer = new LogWriter(database, logger);
        _janitor = new Janitor(_directory, _number, _writer, retention, time, logger);
        Journals = new LocalJournals(_directory, _writer, retention, time);
    }

    /// <summary>What all nodes appended, in the order of their commits.</summary>
    public IChannelJournals Journals { get; }

    /// <summary>The files.</summary>
    internal StoreDirectory Files => _directory;

    /// <inheritdoc/>
    public Task<IChannelLogSession> Open(string channel, long aboveTerm = 0) => OnFiles(() => TakeOver(channel, aboveTerm));

    /// <summary>Ends what it does by itself, and waits for it. What is asked of it goes on.</summary>
    public async Task Stop()
    {
        Task[] underWay;
        lock (_background)
        {
            _stopped = true;
            underWay = [.. _background];
        }

        await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _janitor.Stop();
    }

    public void Dispose()
    {
        // The container knows it by two names.
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Stop().Wait();
        _janitor.Dispose();
        _writer.Dispose();
        _directory.Dispose();
        if (_writer.IsClean)
        {
            StoreDirectory.ReleaseClean(_lock);
        }

        _lock.Dispose();
    }

    /// <summary>Does something on the thread pool that nobody waits for but <see cref="Stop"/>. Once that was called, it is left undone.</summary>
    internal void InBackground(Func<Task> work)
    {
        lock (_background)
        {
            if (!_stopped)
            {
                _background.RemoveWhere(static x => x.IsCompleted);
                _background.Add(Task.Run(work));
            }
        }
    }

    /// <summary>Drops at once what the janitor drops every few seconds.</summary>
    internal Task Tidy() => _janitor.Tidy();

    /// <summary>Does something that reads files: on the thread pool, and it fails with a <see cref="LogException"/> only.</summary>
    internal static async Task<T> OnFiles<T>(Func<Task<T>> work)
    {
        try
        {
            return await Task.Run(work);
        }
        catch (SqliteError error)
        {
            throw new LogException(error.IsFull ? LogFault.Full : LogFault.Unavailable, error.Message, error);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LogException(LogFault.Unavailable, exception.Message, exception);
        }
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
        var (slot, id, term, seen) = await Claim(channel, aboveTerm);
        var chain = LogChain.Read(_directory, channel);
        if (chain.NewestTerm > term)
        {
            throw Superseded(channel);
        }

        // The identity is read after the files: it is changed before one of them is put aside.
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var state = chain.State(_directory.Identity(), _retention.CurrentValue, now - (long)_retention.CurrentValue.KeyAge.TotalMilliseconds, now - (long)PublishMemory.OriginAge.TotalMilliseconds);
        await _writer.Write(new SmallWrite(x =>
        {
            x.Cut.Bind(1, state.Epoch).Bind(2, state.Newest + 1).Bind(3, state.PreviousTerm).Bind(4, 0L).Bind(5, state.SourceTerm).Bind(6, id).Bind(7, term).Run();
            x.Forget(id, term, state.Links);
        }));
        if (_directory.Counters.Read(slot) is var count && count != seen && !IsNewest(channel, term))
        {
            throw Superseded(channel);
        }

        var own = new LogSegment(_number, id, term, state.Newest + 1, long.MaxValue);
        return new LocalLogSession(this, _directory, _writer, () => _retention.CurrentValue, _time, channel, slot, count, [.. state.Segments, own], state);
    }

    private async Task<(int Slot, long Id, long Term, long Seen)> Claim(string channel, long aboveTerm)
    {
        var slot = ClaimCounters.SlotOf(channel);
        var newest = Math.Max(NewestTerm(channel), aboveTerm);
        var (id, term) = (0L, Math.Max(StoreDirectory.TermAt(_time.GetUtcNow().ToUnixTimeMilliseconds()), newest + 1));
        await _writer.Write(new SmallWrite(x =>
        {
            // Another session of this node may have claimed it in between.
            id = x.IdOf(channel);
            term = StoreDirectory.TermOf(Math.Max(term, x.NewestTermOf(id) + 1), _number);
            x.Claim.Bind(1, id).Bind(2, term).Bind(3, string.Empty).Bind(4, 0L).Run();
        }));
        return (slot, id, term, _directory.Counters.Increment(slot));
    }

    /// <summary>Claims the channel anew for the owner of a term, with nothing before it.</summary>
    internal async Task<bool> Clear(string channel, long owner, string epoch)
    {
        // Who was replaced long ago need not disturb the owner of now.
        if (!IsNewest(channel, owner))
        {
            throw Superseded(channel);
        }

        var (slot, id, term, seen) = await Claim(channel, owner);
        var chain = LogChain.Read(_directory, channel);
        if (chain.NewestTerm > term || chain.HeadTerm != owner)
        {
            throw Superseded(channel);
        }

        var next = _directory.Identity().EpochAfterDeletionOf(epoch);
        await _writer.Write(new SmallWrite(x => x.Cut.Bind(1, next).Bind(2, 1L).Bind(3, 0L).Bind(4, 0L).Bind(5, 0L).Bind(6, id).Bind(7, term).Run()));
        if (_directory.Counters.Read(slot) != seen && !IsNewest(channel, term))
        {
            throw Superseded(channel);
        }

        // Not before it stands: another owner may go on with the messages otherwise.
        await _writer.Write(new SmallWrite(x => x.DropAll(id, term)));
        return true;
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
