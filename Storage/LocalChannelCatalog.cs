using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>What the files keep, by name: each file has its channels in the order of their names' bytes, and these are merged.</summary>
internal sealed class LocalChannelCatalog(LocalChannelLog log, IOptionsMonitor<RetentionOptions> retention, TimeProvider time) : IChannelCatalog
{
    private const string Names = "SELECT id, name FROM channel WHERE name >= ? AND name > ? ORDER BY name";
    private const string HasMessage = "SELECT 1 FROM batch WHERE channel = ? AND size > 0 LIMIT 1";

    public bool IsShared => true;

    public Task<IReadOnlyList<KeptMessages>> List(string prefix, string after, int count) =>
        LocalChannelLog.OnFiles(() => Task.FromResult<IReadOnlyList<KeptMessages>>(ListNow(prefix, after, count)));

    public Task<IReadOnlyList<KeptMessages?>> Find(IReadOnlyList<string> channels) =>
        LocalChannelLog.OnFiles(() => Task.FromResult<IReadOnlyList<KeptMessages?>>(FindNow(channels)));

    private List<KeptMessages> ListNow(string prefix, string after, int count)
    {
        var found = new List<KeptMessages>();
        while (true)
        {
            // Of a file that has more than so many, those that are left out come after all that are taken.
            var names = log.Files.Files()
                .SelectMany(x => x.Read(y => NamesIn(y, prefix, after, count)))
                .Distinct(StringComparer.Ordinal)
                .Order(ChannelNameOrder.Instance)
                .Take(count)
                .ToList();
            foreach (var kept in FindNow(names))
            {
                // What a file has may be of an owner that was replaced, or of a channel that was deleted.
                if (kept.Count > 0)
                {
                    found.Add(kept);
                    if (found.Count == count)
                    {
                        return found;
                    }
                }
            }

            if (names.Count < count)
            {
                return found;
            }

            after = names[^1];
        }
    }

    private KeptMessages[] FindNow(IReadOnlyList<string> channels)
    {
        var chains = LogChain.Read(log.Files, channels);
        var (identity, limits, now) = (log.Files.Identity(), retention.CurrentValue, time.GetUtcNow());
        return [.. chains.Select((x, i) => x.Kept(channels[i], identity, (now - limits.Of(channels[i]).Age).ToUnixTimeMilliseconds()))];
    }

    // Every channel that was ever opened has a row: most of them may keep nothing.
    private static List<string> NamesIn(LogFile.Reader reader, string prefix, string after, int count)
    {
        var found = new List<string>();
        var (names, has) = (reader.Prepared(Names), reader.Prepared(HasMessage));
        for (names.Bind(1, prefix).Bind(2, after); names.Step();)
        {
            var name = names.Text(1);
            if (found.Count == count || !name.StartsWith(prefix, StringComparison.Ordinal))
            {
                names.Reset();
                break;
            }

            if (has.Bind(1, names.Long(0)).Step())
            {
                has.Reset();
                found.Add(name);
            }
        }

        return found;
    }
}
