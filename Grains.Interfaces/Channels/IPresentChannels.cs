namespace OrleansGateway.Channels;

/// <summary>The channels whose grains are in this process: what is published to them here needs no message.</summary>
internal interface IPresentChannels
{
    /// <summary>A channel, or null where it is not here, or cannot be called so.</summary>
    IPresentChannel? Find(string channel);
}

/// <summary>A channel's grain in this process.</summary>
internal interface IPresentChannel
{
    /// <summary>False from when it begins to leave: from then on whoever has something for it looks for it anew.</summary>
    bool IsOpen { get; }

    /// <summary>Runs something in the grain's context, after what was given to it before.</summary>
    void Run(Action<object> action, object state);

    /// <summary>What <see cref="IChannelGrain.Publish"/> does, for who is in the grain's context.</summary>
    /// <exception cref="ChannelMovedException">It leaves: the request was not taken here, or its next owner knows whether it was.</exception>
    ValueTask<PublishResult> Take(PublishRequest request);
}
