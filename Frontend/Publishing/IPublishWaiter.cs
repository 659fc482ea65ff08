using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary>Whoever waits for the answer to a publish.</summary>
internal interface IPublishWaiter
{
    /// <summary>
    /// Takes the answer, once. All answers that come together are given one after the other by the thread that got them, mostly
    /// within the channel's turn: it neither blocks nor awaits, and what takes long goes elsewhere.
    /// </summary>
    /// <param name="result">The channel's answer.</param>
    /// <param name="problem">What the client is told instead, or null.</param>
    void Answered(in PublishResult result, Problem? problem);
}
