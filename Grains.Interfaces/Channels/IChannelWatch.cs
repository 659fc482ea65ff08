namespace OrleansGateway.Channels;

/// <summary>Tells of the channels that come to be on any node.</summary>
public interface IChannelWatch
{
    /// <summary>
    /// The names of channels: first those that there are, then each that is opened somewhere, some of them again. A node that does not answer
    /// at first tells of its channels later.
    /// </summary>
    IAsyncEnumerable<WatchedChannels> Watch(CancellationToken cancellationToken);
}

/// <summary>Channels that a watch tells of.</summary>
/// <param name="Names">Their names.</param>
/// <param name="WereThere">Whether they may have been there before the watch began; otherwise they were opened since.</param>
public sealed record WatchedChannels(IReadOnlyList<string> Names, bool WereThere);
