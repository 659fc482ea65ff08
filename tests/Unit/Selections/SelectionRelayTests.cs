using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Selections;

public sealed class SelectionRelayTests
{
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
}
