using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansGateway.Cluster;

namespace OrleansGateway.Channels;

/// <inheritdoc cref="IChannelWatch"/>
internal sealed class ChannelWatch(
    IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<ChannelWatch> logger) : IChannelWatch
{
    private static readonly TimeSpan FirstAnswers = TimeSpan.FromSeconds(1);

    public async IAsyncEnumerable<WatchedChannels> Watch([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = Channel.CreateUnbounded<WatchedChannels>();
        var first = membership.CurrentSnapshot.Members.Keys
            .Where(x => membership.CurrentSnapshot.GetSiloStatus(x) == SiloStatus.Active)
            .ToDictionary(x => x, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var nodes = new NodeFollower(
            membership,
            async (silo, last, atMost) =>
            {
                var opened = await grains.GetGrain<INodeGrain>(silo.ToParsableString()).WaitForChannels(last, atMost);

                // However late it comes: the first answer of a node that was there has what it had then.
                var answered = first.GetValueOrDefault(silo);
                names.Writer.TryWrite(new WatchedChannels(opened.Names, WereThere: answered is { Task.IsCompleted: false }));
                answered?.TrySetResult();
                return opened.Count;
            },
            time,
            logger);
        _ = nodes.Run(static () => true, cancellationToken);
        await Task.WhenAny(Task.WhenAll(first.Values.Select(x => x.Task)), Task.Delay(FirstAnswers, time, cancellationToken));
        var there = new List<string>();
        while (names.Reader.TryRead(out var some))
        {
            there.AddRange(some.Names);
        }

        yield return new WatchedChannels(there, WereThere: true);
        await foreach (var more in names.Reader.ReadAllAsync(cancellationToken))
        {
            yield return more;
        }
    }
}
