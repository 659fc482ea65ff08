using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>Where a subscription begins.</summary>
/// <param name="After">The id after which it begins, or null for the next message.</param>
/// <param name="FromTimeMs">Messages before this time (ms since 1970) are left out.</param>
/// <param name="Gap">What the client asked for and cannot have any more.</param>
internal readonly record struct Start(MessageId? After, long FromTimeMs = 0, Gap? Gap = null);

/// <summary>Finds the place in a channel at which a subscription begins.</summary>
internal sealed class StartingPoint(TimeProvider time)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the channel can be reached, and finds the place.</summary>
    public async Task<Start> Find(ChannelRelay relay, Since since, CancellationToken cancellationToken)
    {
        await relay.Started.WaitAsync(cancellationToken);
        if (since.Kind == SinceKind.None)
        {
            return new Start(null);
        }

        while (true)
        {
            try
            {
                return Choose(relay.Name, since, await relay.Read(new MessageId(string.Empty, 0), 0).WaitAsync(cancellationToken));
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // It moves: whoever subscribes waits.
                await Task.Delay(BetweenAttempts, time, cancellationToken);
            }
        }
    }

    /// <summary>Finds the place in a channel that keeps what <paramref name="page"/> says.</summary>
    internal static Start Choose(string channel, Since since, ChannelPage page)
    {
        var (epoch, newest) = (page.Position.Epoch, page.Position.Newest);
        var all = new MessageId(epoch, page.Oldest - 1);
        return since.Kind switch
        {
            SinceKind.Latest => new Start(all with { Offset = Math.Max(all.Offset, newest - 1) }),
            SinceKind.Time => new Start(all, since.TimeMs),
            SinceKind.Id when since.Id.Epoch != epoch => new Start(all, Gap: new Gap(channel, since.Id, all, null)),
            SinceKind.Id when since.Id.Offset > newest => new Start(page.Position.Id, Gap: new Gap(channel, since.Id, page.Position.Id, null)),
            SinceKind.Id when since.Id.Offset < all.Offset => new Start(all, Gap: new Gap(channel, since.Id, all, all.Offset - since.Id.Offset)),
            SinceKind.Id => new Start(since.Id),
            _ => new Start(all),
        };
    }
}
