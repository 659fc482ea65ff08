namespace OrleansGateway.Channels;

/// <summary>Tells of the channels that come to be on any node.</summary>
public interface IChannelWatch
{
    /// <summary>
    /// The names of channels: first those that there are, then each that is opened somewhere, some of them again. A node that does not answer
    /// at first tells of its channels later.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<string>> Watch(CancellationToken cancellationToken);
}
