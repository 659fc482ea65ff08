using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Relays;
using OrleansGateway.Selections;
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
        var fails = new AsyncLocal<bool>();
        var journals = Fake.Of<IChannelJournals>((method, _) => method.Name == "get_" + nameof(IChannelJournals.Store) ? "store123" : Ends());
        using var node = new MemoryNode(TimeProvider.System, journals);
        var relay = node.Relays.Take(MemoryNode.Prefix);
        await relay.Started;

        // For the poll alone, not for what the relay does by itself.
        fails.Value = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => relay.FindPoll(new Since(SinceKind.All), over.Token));

        Task<IReadOnlyDictionary<int, long>> Ends()
        {
            if (fails.Value)
            {
                over.Cancel();
                return Task.FromException<IReadOnlyDictionary<int, long>>(new IOException());
            }

            return Task.FromResult<IReadOnlyDictionary<int, long>>(new Dictionary<int, long>());
        }
    }

    /// <summary>However much is published elsewhere: it costs who follows a prefix nothing, and his place in the journals moves on all the same.</summary>
    [Fact]
    public async Task Prefix_NothingBelowIt_ReadsNothingAndMovesOn()
    {
        var journals = new FakeJournals(2);
        journals.Append("s/a", 1, 1);
        using var node = new MemoryNode(TimeProvider.System, journals);
        var relay = (SelectionRelay)node.Relays.Take(MemoryNode.Prefix);
        await relay.Started;
        await Moved("it stands where the journals do", 1, 0);

        for (var i = 1; i <= 20; i++)
        {
            journals.Append("t/a", 1, 1);
            journals.Append("s", 1, 2);
            node.TellOfJournals();
            await Moved("it has moved on", 1 + i, i);
        }

        // At most in each of the two journals, for each of two rounds as it begins.
        Assert.InRange(journals.Reads, 0, 4);
        var cursor = Cursor.Parse(relay.CursorOf(relay.Here().Position))!;
        Assert.NotNull(relay.ReadAfter(cursor));

        journals.Append("s/a", 2, 2);
        node.TellOfJournals();
        await Moved("what is below it has come", 21, 21);
        var entries = new RelayEntry[10];
        Assert.Equal([2, 3], entries.AsSpan(0, relay.Ring.Read(0, entries)).ToArray().Select(x => x.Id.Offset));

        Task Moved(string what, params long[] places) => Eventually.TrueAsync(
            () => relay.Here().Position is var at && Enumerable.Range(1, places.Length).All(x => at.Journals.GetValueOrDefault(x).Last == places[x - 1]), what);
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
