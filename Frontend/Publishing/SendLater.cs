namespace OrleansGateway.Publishing;

/// <summary>
/// A thread that takes many publishes at once lets them gather: each channel is called once for all of them, when it has taken the last. Waking a
/// channel's thread for the first costs more than that one waits.
/// </summary>
internal static class SendLater
{
    [ThreadStatic]
    private static List<ChannelPublisher>? t_waiting;

    /// <summary>From now on this thread lets publishes gather until <see cref="Send"/>.</summary>
    public static void Begin() => t_waiting ??= [];

    /// <summary>Lets one wait, where this thread does so.</summary>
    public static bool TryAdd(ChannelPublisher publisher)
    {
        t_waiting?.Add(publisher);
        return t_waiting is not null;
    }

    /// <summary>Sends what has gathered.</summary>
    public static void Send()
    {
        foreach (var publisher in t_waiting!)
        {
            publisher.Send();
        }

        t_waiting.Clear();
    }
}
