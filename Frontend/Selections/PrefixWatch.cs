using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Journals;

namespace OrleansGateway.Selections;

/// <summary>
/// Looks through what is appended to the journals once for the whole node, and tells who follows a prefix when something came below it:
/// so each reads only when there is something for it, however many prefixes are followed.
/// </summary>
/// <param name="watch">Tells when something was appended.</param>
/// <param name="journals">The journals, if there are some.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For journals that cannot be read now.</param>
internal sealed partial class PrefixWatch(IJournalWatch watch, IEnumerable<IChannelJournals> journals, TimeProvider time, ILogger<PrefixWatch> logger)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    private readonly IChannelJournals? _journals = journals.SingleOrDefault();
    private readonly Lock _lock = new();
    private readonly HashSet<Watcher> _watchers = [];
    private readonly Dictionary<string, List<Watcher>> _byPrefix = new(StringComparer.Ordinal);
    private bool _running;

    // Up to where it has looked; null before it begins, and when nobody wants to know.
    private Dictionary<int, long>? _places;

    /// <summary>Follows prefixes; whoever is told has to be disposed of.</summary>
    /// <param name="prefixes">The prefixes, each with its last slash; the empty one stands for all channels.</param>
    public Watcher Watch(IReadOnlyList<string> prefixes)
    {
        var watcher = new Watcher(this, prefixes);
        lock (_lock)
        {
            _watchers.Add(watcher);
            foreach (var prefix in prefixes)
            {
                (_byPrefix.TryGetValue(prefix, out var same) ? same : _byPrefix[prefix] = []).Add(watcher);
            }

            if (!_running)
            {
                var looked = _journals ?? throw new NotSupportedException("This store has no journals.");
                _running = true;
                _ = Task.Run(() => Look(looked));
            }
        }

        return watcher;
    }

    private void Remove(Watcher watcher)
    {
        lock (_lock)
        {
            if (_watchers.Remove(watcher))
            {
                foreach (var prefix in watcher.Prefixes)
                {
                    _byPrefix[prefix].Remove(watcher);
                    if (_byPrefix[prefix].Count == 0)
                    {
                        _byPrefix.Remove(prefix);
                    }
                }
            }
        }
    }

    private async Task Look(IChannelJournals journals)
    {
        while (IsWanted())
        {
            // Before it is looked: what comes later tells.
            var news = watch.News();
            try
            {
                await LookOn(journals);
                await news;
            }
            catch (Exception exception)
            {
                LogRetry(exception);
                await Task.Delay(BetweenAttempts, time);
            }
        }
    }

    private bool IsWanted()
    {
        lock (_lock)
        {
            _running = _watchers.Count > 0;
            _places = _running ? _places : null;
            return _running;
        }
    }

    private async Task LookOn(IChannelJournals journals)
    {
        var ends = await journals.Ends();
        if (_places is not { } places)
        {
            lock (_lock)
            {
                // What came before was not looked at: that is up to each.
                foreach (var watcher in _watchers)
                {
                    watcher.Tell([]);
                }

                _places = new Dictionary<int, long>(ends);
            }

            return;
        }

        foreach (var (journal, end) in ends)
        {
            while (places.GetValueOrDefault(journal) < end)
            {
                var found = await journals.Names(journal, places.GetValueOrDefault(journal) + 1, end);
                lock (_lock)
                {
                    foreach (var channel in found.Channels)
                    {
                        Tell(channel, places);
                    }

                    places[journal] = found.Through;
                }
            }
        }
    }

    private void Tell(string channel, Dictionary<int, long> places)
    {
        if (ChannelName.IsReadOnly(channel))
        {
            return;
        }

        var prefixes = _byPrefix.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var end = 0; end >= 0; end = channel.IndexOf('/', end) + 1 is > 0 and var next ? next : -1)
        {
            if (prefixes.TryGetValue(channel.AsSpan(0, end), out var watchers))
            {
                watchers.ForEach(x => x.Tell(places));
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The journals cannot be looked through now; trying again")]
    private partial void LogRetry(Exception exception);

    /// <summary>Is told when something came below one of its prefixes.</summary>
    public sealed class Watcher(PrefixWatch watch, IReadOnlyList<string> prefixes) : IDisposable
    {
        private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Dictionary<int, long>? _told;

        public IReadOnlyList<string> Prefixes => prefixes;

        /// <summary>Ends when something came since <see cref="Begin"/>.</summary>
        public Task News => _news.Task;

        /// <summary>The places up to which nothing came since <see cref="Begin"/>.</summary>
        public IReadOnlyDictionary<int, long> Through
        {
            get
            {
                lock (watch._lock)
                {
                    return _told ?? new Dictionary<int, long>(watch._places ?? []);
                }
            }
        }

        /// <summary>Wants to be told of what comes from now on. All that came before is at or before the ends of the journals that are asked for after it.</summary>
        public void Begin()
        {
            lock (watch._lock)
            {
                if (_told is not null)
                {
                    (_told, _news) = (null, new(TaskCreationOptions.RunContinuationsAsynchronously));
                }
            }
        }

        public void Dispose() => watch.Remove(this);

        /// <summary>Under the lock.</summary>
        internal void Tell(Dictionary<int, long> places)
        {
            _told ??= new Dictionary<int, long>(places);
            _news.TrySetResult();
        }
    }
}
