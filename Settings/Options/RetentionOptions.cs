using OrleansGateway.Settings;

namespace OrleansGateway.Channels;

/// <summary>What a channel keeps. Where a limit is passed, the oldest messages go first.</summary>
[Section("Gateway:Retention:Channels", "Retention of some channels", Name = "PATTERN", Default = "as for all channels")]
public class RetentionLimits
{
    [Count("at least so many messages of a channel are kept, where the other limits allow it", 1, 1_000_000_000, "messages", Reloads = true)]
    public int Messages { get; set; } = 10_000;

    [Size("at least so many bytes of a channel are kept, where the other limits allow it; the newest message is always kept", "1 B", "1 TiB", Reloads = true)]
    public long Bytes { get; set; } = 16 * 1024 * 1024;

    [Duration("longest time that a message is kept", "1s", "3650d", Reloads = true)]
    public TimeSpan Age { get; set; } = TimeSpan.FromHours(24);
}

/// <summary>What channels keep: limits for all, and others by patterns of the name.</summary>
[Section(SectionName, "Retention")]
public sealed class RetentionOptions : RetentionLimits
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway:Retention";

    [Duration("how long an idempotency key is remembered", "1s", "24h", Reloads = true)]
    public TimeSpan KeyAge { get; set; } = TimeSpan.FromMinutes(5);

    [Count("how many keyed publishes of a channel are remembered", 1, 10_000_000, "publishes", Reloads = true)]
    public int Keys { get; set; } = 100_000;

    [Size("most bytes of all channels together on this machine; beyond it the oldest messages of all go first", "1 MiB", "1024 TiB", Reloads = true)]
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
