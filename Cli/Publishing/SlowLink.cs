namespace OrleansGateway.Cli.Publishing;

/// <summary>What a slow network is granted beyond the time in which a node answers.</summary>
internal static class SlowLink
{
    private const double BytesASecond = 1_000_000;

    /// <summary>The time that so many bytes may be on their way.</summary>
    public static TimeSpan TimeFor(long bytes) => TimeSpan.FromSeconds(bytes / BytesASecond);
}
