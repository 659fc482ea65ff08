using OrleansGateway.Connections;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public sealed class EventLoopTests : IDisposable
{
    private readonly EventLoop _loop = new(0);
    private readonly List<SocketPair> _pairs = [];

    public void Dispose()
    {
        _pairs.ForEach(x => x.Dispose());
        _loop.Dispose();
    }

    [Fact]
    public async Task Close_BeforeItBegan_LeavesTheOthersWatched()
    {
        var first = Begun();
        var second = Pair();
        second.Connection.Close();
        Assert.Equal([first.Connection], _loop.Connections);
        await Tell(first);
    }

    [Fact]
    public async Task Begin_AClientThatIsGone_LeavesTheOthersWatched()
    {
        var first = Begun();
        for (var i = 0; i < 100; i++)
        {
            // The loop may tell of its end before it has begun.
            var gone = Pair();
            gone.Client.Close(0);
            gone.Begin();
            await gone.Closed.Task.WaitAsync(Eventually.Deadline);
        }

        Assert.Equal([first.Connection], _loop.Connections);
        await Tell(first);
    }

    [Fact]
    public async Task Remove_KeyOfAnotherGeneration_RemovesNobody()
    {
        var former = Pair();
        var key = _loop.Add(former.Connection);
        _loop.Watch(key, former.Connection.Socket.SafeHandle);
        _loop.Remove(key);
        Assert.Empty(_loop.Connections);

        // It has the former's place.
        var next = Begun();
        _loop.Remove(key);
        _loop.Remove(0);
        Assert.Equal([next.Connection], _loop.Connections);

        // What the system still tells by the former's key is for nobody.
        await former.Client.SendAsync("x"u8.ToArray());
        await Tell(next);
        Assert.Equal(0, former.Readable);
    }

    [Fact]
    public async Task OnEvents_AHandlerFails_ThatOneIsClosedAndTheOthersAreTold()
    {
        var (first, second) = (Begun(), Begun());
        first.Failure = new InvalidOperationException("not thought of");
        await first.Client.SendAsync("x"u8.ToArray());
        await first.Closed.Task.WaitAsync(Eventually.Deadline);
        Assert.Same(first.Failure, first.Reported);
        Assert.Equal(0, await first.Client.ReceiveAsync(new byte[1]).WaitAsync(Eventually.Deadline));
        await Tell(second);
    }

    [Fact]
    public async Task Connections_ManyThatComeAndGoOnAllThreads_EachIsToldOfItsOwnBytes()
    {
        var lasting = Begun();
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            using var pair = new SocketPair(_loop);
            pair.Begin();
            if (i % 2 == 0)
            {
                await Tell(pair);
            }
        });
        await Tell(lasting);
        Assert.Equal([lasting.Connection], _loop.Connections);
    }

    // The system may tell twice of the same bytes.
    private static async Task Tell(SocketPair pair)
    {
        Assert.Equal(0, pair.Readable);
        await pair.Client.SendAsync("x"u8.ToArray());
        await Eventually.TrueAsync(() => pair.Readable > 0, "it is told of its bytes");
    }

    private SocketPair Begun()
    {
        var pair = Pair();
        pair.Begin();
        return pair;
    }

    private SocketPair Pair()
    {
        _pairs.Add(new SocketPair(_loop));
        return _pairs[^1];
    }
}
