using System.Collections.Concurrent;
using OrleansGateway.Logs;
using OrleansGateway.Metrics;

namespace OrleansGateway.Channels;

/// <summary>The channels whose grains are on this node. Where messages are in memory these are all that there are, and this is their catalog.</summary>
internal sealed class LocalChannels : IChannelCatalog, IPresentChannels
{
    // Who asks for what came after more than these gets all names.
    private const int MaxOpened = 64 * 1024;

    // One that is being deactivated may not answer.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, ILocalChannel> _channels = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Queue<string> _opened = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource? _more;
    private long _count;

    public LocalChannels(TimeProvider time)
    {
        _time = time;
        GatewayMeter.Meter.CreateObservableUpDownCounter("gateway.channels", () => _channels.Count, "{channel}", "Channels whose order this node gives.");
    }

    public bool IsShared => false;

    /// <summary>Their grains.</summary>
    public IEnumerable<IGrainContext> Grains => _channels.Select(x => x.Value.GrainContext);

    /// <summary>Adds a channel.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="channel">Its grain.</param>
    public void Add(string name, ILocalChannel channel)
    {
        _channels[name] = channel;
        TaskCompletionSource? more;
        lock (_lock)
        {
            _count++;
            _opened.Enqueue(name);
            if (_opened.Count > MaxOpened)
            {
                _opened.Dequeue();
            }

            (more, _more) = (_more, null);
        }

        more?.SetResult();
    }

    /// <summary>Waits until channels were opened after so many.</summary>
    /// <param name="count">How many were opened before; a negative number asks for all that are here.</param>
    /// <param name="atMost">How long to wait.</param>
    public async Task<OpenedChannels> WaitForMore(long count, TimeSpan atMost)
    {
        Task? more = null;
        lock (_lock)
        {
            if (count == _count)
            {
                more = (_more ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        if (more is not null)
        {
            using var enough = new CancellationTokenSource(atMost, _time);
            await more.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_lock)
        {
            var missed = _count - count;
            return new OpenedChannels(_count, count < 0 || missed > _opened.Count ? [.. _channels.Keys] : [.. _opened.Skip(_opened.Count - (int)missed)]);
        }
    }

    public void Remove(string name, ILocalChannel channel) => _channels.TryRemove(new(name, channel));

    IPresentChannel? IPresentChannels.Find(string channel) => _channels.TryGetValue(channel, out var present) && present.IsOpen ? present : null;

    public async Task<IReadOnlyList<KeptMessages>> List(string prefix, string after, int count)
    {
        var found = new List<KeptMessages>();
        var names = _channels.Keys.Where(x => x.StartsWith(prefix, StringComparison.Ordinal) && ChannelNameOrder.Instance.Compare(x, after) > 0);
        foreach (var chunk in names.Order(ChannelNameOrder.Instance).Chunk(count))
        {
            found.AddRange((await Find(chunk)).OfType<KeptMessages>());
            if (found.Count >= count)
            {
                break;
            }
        }

        return found.Count > count ? found[..count] : found;
    }

    public async Task<IReadOnlyList<KeptMessages?>> Find(IReadOnlyList<string> channels) => await Task.WhenAll(channels.Select(Look));

    private async Task<KeptMessages?> Look(string channel)
    {
        try
        {
            return _channels.TryGetValue(channel, out var present) ? await present.Look().WaitAsync(Patience, _time) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}

/// <summary>A channel's grain, for those in its process.</summary>
internal interface ILocalChannel : IPresentChannel
{
    IGrainContext GrainContext { get; }

    /// <summary>Looks what it keeps; called from anywhere. Null: nothing that anybody would want to know of.</summary>
    Task<KeptMessages?> Look();
}

/// <summary>Channels that were opened on a node.</summary>
/// <param name="Count">How many were since it started.</param>
/// <param name="Names">Those after what was asked for.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.OpenedChannels")]
internal sealed record OpenedChannels([property: Id(0)] long Count, [property: Id(1)] string[] Names);
