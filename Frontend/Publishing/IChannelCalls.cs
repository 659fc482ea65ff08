using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>Calls the channels' grains.</summary>
internal interface IChannelCalls
{
    /// <summary>The channel's grain where it is in this process, otherwise null.</summary>
    IPresentChannel? Find(string channel);

    /// <summary>Names the next request.</summary>
    PublishOrigin NextOrigin();

    /// <summary>Publishes to a channel, wherever it is; tries until it answers, for as long as a publisher waits.</summary>
    /// <param name="channel">The channel's name.</param>
    /// <param name="request">The messages.</param>
    /// <param name="again">Whether they may have been taken before.</param>
    Task<PublishResult> Call(string channel, PublishRequest request, bool again = false);

    /// <summary>Takes note that one is over.</summary>
    void Over(ChannelPublisher publisher);
}
