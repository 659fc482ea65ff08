namespace OrleansGateway.Channels;

/// <summary>What a channel keeps. Where a limit is passed, the oldest messages go first.</summary>
public class RetentionLimits
{
    /// <summary>At least so many messages of a channel are kept, where the other limits allow it: 10,000.</summary>
    public int Messages { get; set; } = 10_000;

    /// <summary>At least so many bytes of a channel are kept, where the other limits allow it: 16 MiB. The newest message is always kept.</summary>
    public long Bytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The longest time that a message is kept: 24 hours.</summary>
    public TimeSpan Age { get; set; } = TimeSpan.FromHours(24);
}

/// <summary>What channels keep: limits for all, and others by patterns of the name.</summary>
public sealed class RetentionOptions : RetentionLimits
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway:Retention";

    /// <summary>How long an idempotency key is remembered: 5 minutes.</summary>
    public TimeSpan KeyAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many keyed publishes of a channel are remembered: 100,000.</summary>
    public int Keys { get; set; } = 100_000;

    /// <summary>The most bytes of all channels together on this machine: 8 GiB. Beyond it the oldest messages of all go first.</summary>
    public long StoreBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>Other limits, by a channel's name or by <c>prefix/*</c> for all below it; the longest that fits is used.</summary>
    public Dictionary<string, RetentionLimits> Channels { get; } = new(StringComparer.Ordinal);

    /// <summary>The limits of a channel.</summary>
    public RetentionLimits Of(string channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (Channels.Count == 0)
        {
            return this;
        }

        if (Channels.TryGetValue(channel, out var limits))
        {
            return limits;
        }

        for (var end = channel.LastIndexOf('/'); end >= 0; end = end > 0 ? channel.LastIndexOf('/', end - 1) : -1)
        {
            if (Channels.TryGetValue($"{channel[..end]}/*", out limits))
            {
                return limits;
            }
        }

        return Channels.GetValueOrDefault("*", this);
    }
}
