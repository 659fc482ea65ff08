using System.Net.Sockets;
using System.Runtime.CompilerServices;
using OrleansGateway.Connections;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public sealed class ConnectionListenerTests
{
    [Fact]
    public async Task Accept_ASocketThatCannotBeWatched_IsClosedAndOthersAreServed()
    {
        var (broken, good) = (new EventLoop(1), new EventLoop(2));
        await Break(broken);

        // They are given to the loops in turn.
        await using var node = new DirectNode(null, broken, good);
        for (var i = 1; i <= 4; i++)
        {
            using var unlucky = await node.Connect();
            Assert.Empty(await unlucky.ReadToEnd());
            using var lucky = await node.Connect();
            await lucky.Send(DirectNode.Post("c", "x"));
            Assert.Equal(i, await lucky.ReadOffset());
        }

        Assert.Empty(broken.Connections);
    }

    [Fact]
    public async Task Unbind_ConnectionsOfAllKinds_EndWhenWhatIsUnderWayIsDone()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = new DirectNode();
        using var fresh = await node.Connect();
        using var idle = await node.Connect();
        await idle.Send(DirectNode.Post("c", "x"));
        Assert.Equal(1, await idle.ReadOffset());
        node.BeforeAnswer = () => answer.Task;
        using var busy = await node.Connect();
        await busy.Send(DirectNode.Post("d", "x") + DirectNode.Post("d", "not any more"));
        await Eventually.TrueAsync(() => node.Published("d").Count == 1, "it is published");
        using var stream = await node.Connect();
        await stream.Send("GET /c?as=json HTTP/1.1\r\nHost: a\r\n\r\n");
        await stream.ReadUntil("\"event\":\"open\"");

        await node.Stop();
        await node.Listener.UnbindAsync();
        Assert.Empty(await fresh.ReadToEnd());
        Assert.Empty(await idle.ReadToEnd());
        await stream.ReadUntil("\"event\":\"end\"");
        Assert.EndsWith("\"reason\":\"shutdown\"}\n\r\n0\r\n\r\n", await stream.ReadToEnd(), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => node.Connections.Count == 1, "the busy one is left");
        var disposing = node.Listener.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        answer.SetResult();
        Assert.Equal(1, await busy.ReadOffset());
        Assert.Empty(await busy.ReadToEnd());
        await disposing.WaitAsync(Eventually.Deadline);
        Assert.Equal(["x"], node.Published("d"));
        await Assert.ThrowsAsync<SocketException>(node.Connect);
        Assert.Null(await node.Listener.AcceptAsync());
    }

    [Fact]
    public async Task Dispose_AnAnswerThatDoesNotCome_EndsItAfterAWhile()
    {
        var time = new ManualTime();
        var never = new TaskCompletionSource();
        await using var node = new DirectNode(time) { BeforeAnswer = () => never.Task };
        using var busy = await node.Connect();
        await busy.Send(DirectNode.Post("c", "x"));
        await Eventually.TrueAsync(() => node.Published("c").Count == 1, "it is published");
        using var kestrels = await node.Connect();
        await kestrels.Send("DELETE /c HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.NotNull(await node.Listener.AcceptAsync().AsTask().WaitAsync(Eventually.Deadline));
        await node.Stop();
        var disposing = node.Listener.DisposeAsync().AsTask();
        await Eventually.TrueAsync(() => time.IsAwaited(TimeSpan.FromMilliseconds(20)), "it looks again");
        Assert.Equal(2, node.Connections.Count);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return disposing.IsCompleted;
            },
            "it waits no longer");
        Assert.Empty(await busy.ReadToEnd());
        Assert.Empty(await kestrels.ReadToEnd());
    }

    [Fact]
    public async Task Unbind_OneOfTwoListeners_LeavesTheOthersConnections()
    {
        var loop = new EventLoop(1);
        await using var stays = new DirectNode(null, loop);
        using var client = await stays.Connect();
        await using (var ends = new DirectNode(null, loop))
        {
            using var other = await ends.Connect();
            await other.Send(DirectNode.Post("c", "x"));
            Assert.Equal(1, await other.ReadOffset());
            await ends.Stop();
            await ends.Listener.DisposeAsync();
            Assert.Empty(await other.ReadToEnd());
            await client.Send(DirectNode.Post("c", "x"));
            Assert.Equal(1, await client.ReadOffset());
        }
    }

    // It goes on with what it has, but the system refuses to watch any more, as it does where its limit is reached.
    private static async Task Break(EventLoop loop)
    {
        using (var pair = new SocketPair(loop))
        {
            pair.Begin();
            await pair.Client.SendAsync("x"u8.ToArray());
            await Eventually.TrueAsync(() => pair.Readable > 0, "it runs");
        }

        var nothing = new Epoll();
        nothing.Dispose();
        Descriptor(nothing) = -1;
        EpollOf(loop) = nothing;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_epoll")]
    private static extern ref Epoll EpollOf(EventLoop loop);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_epoll")]
    private static extern ref int Descriptor(Epoll epoll);
}
