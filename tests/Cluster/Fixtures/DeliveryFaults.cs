using OrleansGateway.Channels;
using OrleansGateway.Streams;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>Loses batches between the silo that holds a channel and those who follow it.</summary>
internal sealed class DeliveryFaults : IOutgoingGrainCallFilter
{
    private volatile Func<MessageBatch, bool> _loses = _ => false;
    private int _lost;

    /// <summary>How many calls were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Loses what the function says, from now on.</summary>
    public void Lose(Func<MessageBatch, bool> which) => _loses = which;

    public void LoseNothing() => Lose(_ => false);

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.MethodName == nameof(IStreamConsumer.Deliver)
            && context.Request.GetArgument(1) is StreamItems { Items: [MessageBatch first, ..] } && _loses(first))
        {
            // As if it had arrived.
            Interlocked.Increment(ref _lost);
            return Task.CompletedTask;
        }

        return context.Invoke();
    }
}
