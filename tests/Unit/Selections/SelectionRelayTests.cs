using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Selections;

public sealed class SelectionRelayTests
{
    private static readonly TimeSpan FirstAnswers = TimeSpan.FromSeconds(1);

    // Otherwise whoever waits would be told that something failed, not that his time was over.
    [Fact]
    public async Task FindPoll_TheStoreFailsAsItIsCancelled_IsCancelled()
    {
        using var over = new CancellationTokenSource();
        var (reads, fails) = (0, false);
        var journals = Fake.Of<IChannelJournals>((method, _) => method.Name == "get_" + nameof(IChannelJournals.Store) ? "store123" : Ends());
        using var node = new MemoryNode(TimeProvider.System, journals);
        var relay = node.Relays.Take(MemoryNode.Prefix);

        // Twice as it starts, and once to read on: then it waits for news.
        await Eventually.TrueAsync(() => Volatile.Read(ref reads) == 3, "it has begun");
        await relay.Started;
        Volatile.Write(ref fails, true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => relay.FindPoll(new Since(SinceKind.All), over.Token));

        Task<IReadOnlyDictionary<int, long>> Ends()
        {
            if (Volatile.Read(ref fails))
            {
                over.Cancel();
                return Task.FromException<IReadOnlyDictionary<int, long>>(new IOException());
            }

            Interlocked.Increment(ref reads);
            return Task.FromResult<IReadOnlyDictionary<int, long>>(new Dictionary<int, long>());
        }
    }

    /// <summary>A node that has not said in time which channels it has: of these comes what is new.</summary>
    [Fact]
    public async Task Prefix_ChannelsOfANodeThatAnswersLate_ComeFromWhatIsNew()
    {
        var time = new ManualTime();
        time.Advance(TimeSpan.FromDays(1));
        using var node = new MemoryNode(time);
        node.Channel.Append(2, timeMs: Now());
        var relay = node.Relays.Take(MemoryNode.Prefix);
        await Eventually.TrueAsync(() => time.IsAwaited(FirstAnswers), "it waits for what the nodes say");
        time.Advance(FirstAnswers);
        await relay.Started.WaitAsync(Eventually.Deadline);

        time.Advance(FirstAnswers);
        node.Channel.Append(1, timeMs: Now());
        node.Tell();
        await Eventually.TrueAsync(() => Ids().Contains(new MessageId("aaaa", 3)), "what is new has come");
        await node.Channel.Publish();
        Assert.Equal([3, 4], Ids().Select(x => x.Offset));

        long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

        List<MessageId> Ids()
        {
            var entries = new RelayEntry[10];
            return [.. entries.AsSpan(0, relay.Ring.Read(0, entries)).ToArray().Select(x => x.Id)];
        }
    }
}
