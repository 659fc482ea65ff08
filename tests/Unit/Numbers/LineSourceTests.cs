using System.Net;
using System.Net.Sockets;
using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public sealed class LineSourceTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(Eventually.Deadline);
    private readonly List<LineSourceState> _states = [];

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public void Options_Defaults_ArePinned() =>
        Assert.Equal(
            new LineSourceOptions
            {
                Host = "127.0.0.1",
                Port = 7776,
                MaxLineBytes = 4096,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                IdleTimeout = null,
                MinBackoff = TimeSpan.FromMilliseconds(100),
                MaxBackoff = TimeSpan.FromSeconds(2),
            },
            new LineSourceOptions());

    public static TheoryData<LineSourceOptions> BadOptions =>
    [
        new LineSourceOptions { Host = " " },
        new LineSourceOptions { Port = 0 },
        new LineSourceOptions { Port = 65_536 },
        new LineSourceOptions { MaxLineBytes = 0 },
        new LineSourceOptions { ConnectTimeout = TimeSpan.Zero },
        new LineSourceOptions { IdleTimeout = TimeSpan.FromSeconds(-1) },
        new LineSourceOptions { MinBackoff = TimeSpan.Zero },
        new LineSourceOptions { MinBackoff = TimeSpan.FromSeconds(3) },
    ];

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Constructor_BadOptions_Throws(LineSourceOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => new LineSource(options));

    [Fact]
    public async Task Enumerate_ServerCloses_ConnectsAgainAndGoesOn()
    {
        using var server = LineServer.Start();
        var source = Source(server);
        await using var lines = source.GetAsyncEnumerator(_deadline.Token);
        for (var i = 1; i <= 5; i++)
        {
            var next = NextAsync(lines);
            using var peer = await server.AcceptAsync();
            await peer.SendAsync($"{i}\n");
            Assert.Equal($"{i}", await next);
        }

        Assert.Equal(5, source.Lines);
        Assert.Equal(4, source.Reconnects);
    }

    [Fact]
    public async Task Enumerate_ServerDiesInTheMiddleOfALine_NeverMixesItWithTheNextConnection()
    {
        using var server = LineServer.Start();
        await using var lines = Source(server).GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("1\n2");
            Assert.Equal("1", await next);
            next = NextAsync(lines);
        }

        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("3\n");
            Assert.Equal("3", await next);
        }
    }

    [Fact]
    public async Task Enumerate_ServerResets_ConnectsAgainWithTheReason()
    {
        using var server = LineServer.Start();
        await using var lines = Source(server).GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("1\n");
            Assert.Equal("1", await next);
            next = NextAsync(lines);
            peer.Reset();
        }

        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("2\n");
            Assert.Equal("2", await next);
        }

        Assert.Contains("reset", Assert.Single(States(LineSourceStatus.Disconnected)).Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Enumerate_ServerAbsentThenPresent_ConnectsWithOneFirstFailureAndOneReceiving()
    {
        int port;
        using (var absent = LineServer.Start())
        {
            port = absent.Port;
        }

        await using var lines = Source(port).GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        await Eventually.TrueAsync(() => States(LineSourceStatus.Disconnected).Count >= 3, "three attempts");
        using var server = LineServer.Start(port);
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("1\n");
        Assert.Equal("1", await next);

        var outage = States(LineSourceStatus.Disconnected);
        Assert.Equal(Enumerable.Range(1, outage.Count), outage.Select(state => state.Failures));
        Assert.All(outage, state => Assert.NotNull(state.Reason));
        Assert.All(outage, state => Assert.NotNull(state.RetryIn));
        var receiving = Assert.Single(States(LineSourceStatus.Receiving));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, port), receiving.Remote);
        Assert.Equal(0, receiving.Failures);
    }

    [Fact]
    public async Task Enumerate_ServerAcceptsAndCloses_BacksOffUntilALineComes()
    {
        using var server = LineServer.Start();
        await using var lines = Source(server).GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        for (var i = 0; i < 4; i++)
        {
            using var useless = await server.AcceptAsync();
        }

        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("1\n");
            Assert.Equal("1", await next);
            next = NextAsync(lines);
        }

        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("2\n");
            Assert.Equal("2", await next);
        }

        Assert.Equal([1, 2, 3, 4, 1], States(LineSourceStatus.Disconnected).Select(state => state.Failures));
        Assert.Equal(2, States(LineSourceStatus.Receiving).Count);
    }

    [Fact]
    public async Task Enumerate_ServerHangs_ConnectsAgainAfterTheIdleTimeout()
    {
        var time = new ManualTime();
        var idle = TimeSpan.FromSeconds(5);
        using var server = LineServer.Start();
        var source = Source(server.Port, time, new LineSourceOptions { IdleTimeout = idle, MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(1) });
        await using var lines = source.GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        using var hanging = await server.AcceptAsync();
        await hanging.SendAsync("1\n");
        Assert.Equal("1", await next);

        // The consumer's own time does not count.
        time.Advance(TimeSpan.FromHours(1));
        next = NextAsync(lines);
        await Eventually.TrueAsync(() => time.IsAwaited(idle), "the idle timer");
        await hanging.SendAsync("2\n3");
        Assert.Equal("2", await next);

        next = NextAsync(lines);
        await Eventually.TrueAsync(() => time.IsAwaited(idle), "the idle timer again");
        time.Advance(idle);
        await hanging.ClosedAsync();
        await Eventually.TrueAsync(() => time.IsAwaited(TimeSpan.FromSeconds(1)), "the backoff");
        Assert.Equal("no line for 5 s", source.State.Reason);
        time.Advance(TimeSpan.FromSeconds(1));

        using var healthy = await server.AcceptAsync();
        await healthy.SendAsync("4\n");
        Assert.Equal("4", await next);
    }

    [Fact]
    public async Task Enumerate_ServerDoesNotAnswer_GivesUpAfterTheConnectTimeout()
    {
        // A listener that accepts nobody and whose queue is full ignores who connects.
        using var full = LineServer.StartWithQueue(1);
        var port = full.Port;
        var waiting = Enumerable.Range(0, 8).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToList();
        waiting.ForEach(socket => _ = socket.ConnectAsync(IPAddress.Loopback, port, _deadline.Token).AsTask());

        var time = new ManualTime();
        var source = Source(port, time);
        await using var lines = source.GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        await Eventually.TrueAsync(() => time.IsAwaited(TimeSpan.FromSeconds(2)), "the connect timer");
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => source.State.Status == LineSourceStatus.Disconnected, "the end of the attempt");
        Assert.Equal("no answer in 2 s", source.State.Reason);

        await _deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Enumerate_Rubbish_IsHandedOutAsItCameAndTooLongOnesAreCounted()
    {
        using var server = LineServer.Start();
        var source = Source(server.Port, options: new LineSourceOptions { MaxLineBytes = 10 });
        await using var lines = source.GetAsyncEnumerator(_deadline.Token);
        var next = NextAsync(lines);
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("\0\x01\n\r\n" + new string('x', 100_000) + "\r\nGET / HTTP\r\n");
        Assert.Equal("\0\x01", await next);
        Assert.Equal("", await NextAsync(lines));
        Assert.True(await lines.MoveNextAsync());
        Assert.True(lines.Current.IsOversized);
        Assert.Equal("GET / HTTP", await NextAsync(lines));
        Assert.Equal(3, source.Lines);
        Assert.Equal(1, source.Oversized);
    }

    [Fact]
    public async Task Enumerate_CancelledWhileItWaits_ClosesAndThrows()
    {
        using var server = LineServer.Start();
        var source = Source(server);
        using var cancel = new CancellationTokenSource();
        await using var lines = source.GetAsyncEnumerator(cancel.Token);
        var next = NextAsync(lines);
        using var peer = await server.AcceptAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await peer.ClosedAsync();
        Assert.Equal(LineSourceStatus.Idle, source.State.Status);
    }

    [Fact]
    public async Task Enumerate_CancelledWhileTheConsumerIsBusy_ClosesAtOnceAndHandsOutNoMore()
    {
        using var server = LineServer.Start();
        using var cancel = new CancellationTokenSource();
        await using var lines = Source(server).GetAsyncEnumerator(cancel.Token);
        var next = NextAsync(lines);
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("1\n2\n");
        Assert.Equal("1", await next);
        await cancel.CancelAsync();
        await peer.ClosedAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NextAsync(lines));
    }

    [Fact]
    public async Task Enumerate_CancelledWhileItBacksOff_EndsAtOnce()
    {
        using var server = LineServer.Start();
        var source = Source(server.Port, new ManualTime());
        using var cancel = new CancellationTokenSource();
        await using var lines = source.GetAsyncEnumerator(cancel.Token);
        var next = NextAsync(lines);
        using (await server.AcceptAsync())
        {
        }

        await Eventually.TrueAsync(() => source.State.Status == LineSourceStatus.Disconnected, "the backoff");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Enumerate_LoopIsLeft_ClosesAndCanBeEnteredAgain()
    {
        using var server = LineServer.Start();
        var source = Source(server);
        for (var i = 0; i < 2; i++)
        {
            var accepted = server.AcceptAsync();
            var sent = SendOneAsync(accepted);
            await foreach (var line in source.WithCancellation(_deadline.Token))
            {
                Assert.Equal("1", line.ToString());
                break;
            }

            await sent;
            using var peer = await accepted;
            await peer.ClosedAsync();
        }

        static async Task SendOneAsync(Task<LineServer.Peer> accepted) => await (await accepted).SendAsync("1\n");
    }

    [Fact]
    public async Task Enumerate_SecondConsumer_Throws()
    {
        using var server = LineServer.Start();
        var source = Source(server);
        using var cancel = new CancellationTokenSource();
        await using var lines = source.GetAsyncEnumerator(cancel.Token);
        var next = NextAsync(lines);
        await using var second = source.GetAsyncEnumerator(_deadline.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => NextAsync(second));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<Line> lines)
    {
        Assert.True(await lines.MoveNextAsync());
        return lines.Current.ToString();
    }

    private LineSource Source(LineServer server) => Source(server.Port);

    private LineSource Source(int port, TimeProvider? time = null, LineSourceOptions? options = null) => new(
        (options ?? new LineSourceOptions()) with
        {
            Port = port,
            MinBackoff = options?.IdleTimeout is null ? TimeSpan.FromMilliseconds(5) : options.MinBackoff,
            MaxBackoff = options?.IdleTimeout is null ? TimeSpan.FromMilliseconds(50) : options.MaxBackoff,
        },
        time,
        state =>
        {
            lock (_states)
            {
                _states.Add(state);
            }
        });

    private List<LineSourceState> States(LineSourceStatus status)
    {
        lock (_states)
        {
            return [.. _states.Where(state => state.Status == status)];
        }
    }
}
