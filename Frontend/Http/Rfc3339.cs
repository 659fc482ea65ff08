namespace OrleansGateway.Http;

/// <summary>Times as clients see them (RFC 3339): UTC, with milliseconds.</summary>
internal static class Rfc3339
{
    /// <summary>Writes a time in ms since 1970.</summary>
    public static string Utc(long timeMs) => DateTimeOffset.FromUnixTimeMilliseconds(timeMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}
