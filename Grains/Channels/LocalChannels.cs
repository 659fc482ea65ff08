using System.Collections.Concurrent;
using OrleansGateway.Logs;
using OrleansGateway.Metrics;

namespace OrleansGateway.Channels;

/// <summary>The channels whose grains are on this node. Where messages are in memory these are all that there are, and this is their catalog.</summary>
internal sealed class LocalChannels : IChannelCatalog
{
    // One that is being deactivated may not answer.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, Func<Task<KeptMessages?>>> _channels = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public LocalChannels(TimeProvider time)
    {
        _time = time;
        GatewayMeter.Meter.CreateObservableUpDownCounter("gateway.channels", () => _channels.Count, "{channel}", "Channels whose order this node gives.");
    }

    public bool IsShared => false;

    /// <summary>Adds a channel.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="look">Looks what it keeps; called from anywhere. Null: nothing that anybody would want to know of.</param>
    public void Add(string name, Func<Task<KeptMessages?>> look) => _channels[name] = look;

    public void Remove(string name, Func<Task<KeptMessages?>> look) => _channels.TryRemove(new(name, look));

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
            return _channels.TryGetValue(channel, out var look) ? await look().WaitAsync(Patience, _time) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
