using System.IO.Pipelines;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The place at which a subscription begins, and what is missing before it.</summary>
internal abstract class Beginning
{
    /// <summary>What the client asked for and cannot have any more.</summary>
    public abstract IReadOnlyList<Gap> Gaps { get; }

    /// <summary>Makes a subscriber that has its place and has yet to start.</summary>
    public abstract Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress);
}

/// <summary>The place in one channel.</summary>
internal sealed class ChannelBeginning(ChannelRelay relay, Start start) : Beginning
{
    public override IReadOnlyList<Gap> Gaps { get; } = start.Gap is { } gap ? [gap] : [];

    public override Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress)
    {
        var subscriber = new ChannelSubscriber(relay, encoder, output, time, progress);
        if (start.After is { } after)
        {
            subscriber.JoinAfter(after);
        }
        else
        {
            subscriber.JoinLive();
        }

        return subscriber;
    }
}

/// <summary>What there is when it is asked for, and an end.</summary>
internal abstract class Poll
{
    /// <summary>What the client asked for and cannot have any more.</summary>
    public abstract IReadOnlyList<Gap> Gaps { get; }

    /// <summary>Whether there is nothing, not even a gap.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Whether who waits goes on waiting.</summary>
    public virtual bool IsAwaited => IsEmpty;

    /// <summary>What to ask with next.</summary>
    public abstract string ResumeId { get; }

    /// <summary>Finds what has come since, for who goes on waiting.</summary>
    public abstract Task<Poll> FindAgain(CancellationToken cancellationToken);

    /// <summary>Makes a subscriber that ends with what there is, and has yet to start.</summary>
    public abstract Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress);
}

/// <summary>What there is in one channel.</summary>
internal sealed class ChannelPoll(ChannelRelay relay, Start start) : Poll
{
    public override IReadOnlyList<Gap> Gaps { get; } = start.Gap is { } gap ? [gap] : [];

    public override bool IsEmpty => start.Gap is null && start.After!.Value.Offset >= start.Newest.Offset;

    public override string ResumeId => start.Newest.ToString();

    public override Task<Poll> FindAgain(CancellationToken cancellationToken) => relay.FindPoll(new Since(SinceKind.Id, start.After!.Value), cancellationToken);

    public override Subscriber Join(MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress)
    {
        var subscriber = new ChannelSubscriber(relay, encoder, output, time, progress);
        subscriber.JoinAfter(start.After!.Value, until: start.Newest);
        return subscriber;
    }
}
