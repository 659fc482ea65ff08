using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>Where a subscription begins.</summary>
/// <param name="After">The id after which it begins, or null for the next message.</param>
/// <param name="Gap">What the client asked for and cannot have any more.</param>
/// <param name="Newest">The newest id when the place was found, where it was asked for.</param>
internal readonly record struct Start(MessageId? After, Gap? Gap = null, MessageId Newest = default);

/// <summary>Finds the place in a channel at which a subscription begins.</summary>
internal static class StartingPoint
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the channel can be reached, and finds the place; null for the next message, wherever that will be.</summary>
    public static async Task<Start> Find(ChannelRelay relay, Since since, TimeProvider time, CancellationToken cancellationToken)
    {
        await relay.Started.WaitAsync(cancellationToken);
        return since.Kind == SinceKind.None ? new Start(null) : await FindId(relay, since, time, cancellationToken);
    }

    /// <summary>Waits until the channel can be reached, and finds the id after which to begin, also for what is new.</summary>
    public static async Task<Start> FindId(ChannelRelay relay, Since since, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var standing = await relay.ReadStanding().WaitAsync(cancellationToken);
                var start = Choose(relay.Name, since, standing);
                if (start.Gap is not null)
                {
                    GatewayMeter.Gaps.Add();
                }

                if (since.Kind == SinceKind.Time)
                {
                    start = start with { After = await LastBefore(relay.Pages, since.TimeMs, start.After!.Value, standing.Position.Newest).WaitAsync(cancellationToken) };
                }

                return start;
            }
            catch (Exception)
            {
                // It moves: whoever subscribes waits, unless his time is over.
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Delay(BetweenAttempts, time, cancellationToken);
            }
        }
    }

    /// <summary>Finds the place in a channel that keeps what <paramref name="page"/> says; for a time, the place before all.</summary>
    internal static Start Choose(string channel, Since since, ChannelPage page)
    {
        var (epoch, newest) = (page.Position.Epoch, page.Position.Newest);
        var all = new MessageId(epoch, page.Oldest - 1);
        var (after, gap) = since.Kind switch
        {
            SinceKind.None => (page.Position.Id, null),
            SinceKind.Latest => (all with { Offset = Math.Max(all.Offset, newest - 1) }, null),
            SinceKind.Id when since.Id.Epoch != epoch => (all, new Gap(channel, since.Id, all, null)),
            SinceKind.Id when since.Id.Offset > newest => (page.Position.Id, new Gap(channel, since.Id, page.Position.Id, null)),
            SinceKind.Id when since.Id.Offset < all.Offset => (all, new Gap(channel, since.Id, all, all.Offset - since.Id.Offset)),
            SinceKind.Id => (since.Id, null),
            _ => (all, (Gap?)null),
        };
        return new Start(after, gap, page.Position.Id);
    }

    /// <summary>The last message that is older than a time: times never go back within a channel, so it is searched by halves.</summary>
    private static async Task<MessageId> LastBefore(RelayPages pages, long timeMs, MessageId before, long newest)
    {
        var (low, high) = (before.Offset, newest);
        while (low < high)
        {
            // Is the message in the middle older? Pages that are read on the way serve those who come after.
            var page = await pages.Get(before with { Offset = low + ((high - low - 1) / 2) });
            if (page.Entries.Length == 0 || page.Entries[0].Epoch != before.Epoch)
            {
                throw new InvalidOperationException("The channel has lost its log meanwhile.");
            }

            var (first, last) = (page.Entries[0].Message, page.Entries[^1].Message);
            if (last.TimeMs < timeMs)
            {
                low = last.Offset;
            }
            else if (first.TimeMs >= timeMs)
            {
                high = Math.Min(high - 1, first.Offset - 1);
            }
            else
            {
                return before with { Offset = page.Entries.Last(x => x.Message.TimeMs < timeMs).Message.Offset };
            }
        }

        return before with { Offset = low };
    }
}
