namespace OrleansGateway.Channels;

/// <summary>What one channel keeps, as it is now: a reload may change it.</summary>
internal sealed class ChannelLimits
{
    private readonly string _channel;
    private readonly Func<RetentionOptions> _retention;
    private Found? _found;

    private ChannelLimits(string channel, Func<RetentionOptions> retention) => (_channel, _retention) = (channel, retention);

    /// <summary>Asks for them.</summary>
    /// <param name="channel">The name of the channel.</param>
    /// <param name="retention">The limits of all channels, as they are now.</param>
    public static Func<RetentionLimits> Of(string channel, Func<RetentionOptions> retention) => new ChannelLimits(channel, retention).Now;

    private RetentionLimits Now()
    {
        // To find them among patterns is too much for every publish.
        var all = _retention();
        if (_found is not { } found || found.All != all)
        {
            _found = found = new Found(all, all.Of(_channel));
        }

        return found.Limits;
    }

    private sealed record Found(RetentionOptions All, RetentionLimits Limits);
}
