namespace OrleansGateway.Cli.Live;

/// <summary>How long to wait before a part is brought back: longer each time, unless it ran well in between.</summary>
internal sealed class RestartBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RanWell = TimeSpan.FromSeconds(60);

    private TimeSpan _next = First;

    /// <summary>The wait after it died, or did not start.</summary>
    /// <param name="ran">How long it had worked before.</param>
    public TimeSpan Next(TimeSpan ran)
    {
        var wait = ran >= RanWell ? First : _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
