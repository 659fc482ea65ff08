using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansGateway.Cli;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Publishing;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cli.Publishing;

/// <summary>The publish of lines where nobody answers, and where answers can't be taken.</summary>
public sealed class LinePublisherTests : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly TcpListener _node = new(IPAddress.Loopback, 0);
    private readonly Pipe _input = new();
    private readonly StringBuilder _output = new();
    private readonly ConcurrentQueue<string> _warnings = [];
    private readonly ManualResetEventSlim _read = new(initialState: true);

    public LinePublisherTests() => _node.Start();

    public void Dispose()
    {
        _read.Set();
        _node.Dispose();
    }

    [Fact]
    public async Task Run_WhereNoNodePublishesWhatThereIs_WarnsAndGivesUp()
    {
        var refusing = RefuseAsync();
        await TellAsync("hi\n");

        var failure = await Assert.ThrowsAsync<CommandFailure>(() => Run(TimeSpan.FromSeconds(1), TimeProvider.System).WaitAsync(Eventually.Deadline));

        var why = $"http://{_node.LocalEndpoint} says 502 (Bad Gateway), and not as a gateway would";
        Assert.Equal($"line 1 was not published within 1 s, nor what comes after it: {why}", failure.Message);
        Assert.Equal([$"{why}; no other node answers either, trying again until one does"], _warnings);
        _node.Stop();
        await refusing;
    }

    [Fact]
    public async Task Run_WhoseInputEndsWhileNoNodePublishes_Ends()
    {
        var refusing = RefuseAsync();
        var running = Run(Eventually.Deadline, TimeProvider.System);
        await Eventually.TrueAsync(() => !_warnings.IsEmpty, "it warns");

        await _input.Writer.CompleteAsync();

        await running.WaitAsync(Eventually.Deadline);
        _node.Stop();
        await refusing;
    }

    [Fact]
    public async Task Run_WhoseLineComesWhenAllNodesAreGone_GivesUp()
    {
        var running = Run(TimeSpan.FromSeconds(1), TimeProvider.System);
        using (await AcceptAsync())
        {
            _node.Stop();
        }

        await Eventually.TrueAsync(() => !_warnings.IsEmpty, "it warns");
        Assert.False(running.IsCompleted);

        await TellAsync("hi\n");

        var failure = await Assert.ThrowsAsync<CommandFailure>(() => running.WaitAsync(Eventually.Deadline));
        Assert.StartsWith("line 1 was not published within 1 s, nor what comes after it: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhoseOutputIsHeldUp_WaitsForItsReader()
    {
        var time = new ManualTime();
        _read.Reset();
        await TellAsync("a\nb\n");
        await _input.Writer.CompleteAsync();
        var running = Run(TimeSpan.FromSeconds(1), time);
        using var node = await AcceptAsync();
        await AcknowledgeAsync(node, 1);
        await Eventually.TrueAsync(() => _output.Length > 0, "it prints");

        for (var i = 0; i < 100; i++)
        {
            await WhenLookingAsync(time);
            time.Advance(LookEvery);
        }

        _read.Set();
        await AcknowledgeAsync(node, 2);
        await running.WaitAsync(Eventually.Deadline);
        Assert.Equal("e-1\ne-2\n", _output.ToString());
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Run_OfAProcessThatWasSuspended_GoesOnWaiting()
    {
        var time = new ManualTime();
        await TellAsync("a\n");
        await _input.Writer.CompleteAsync();
        var running = Run(TimeSpan.FromSeconds(10), time);
        using var node = await AcceptAsync();
        await ReadAsync(node);
        await WhenLookingAsync(time);

        time.Advance(TimeSpan.FromMinutes(1));

        await WhenLookingAsync(time);
        await AcknowledgeAsync(node, 1);
        await running.WaitAsync(Eventually.Deadline);
        Assert.Equal("e-1\n", _output.ToString());
        Assert.Empty(_warnings);
    }

    /// <summary>It looks at each connection, and at the whole.</summary>
    private static Task WhenLookingAsync(ManualTime time) => Eventually.TrueAsync(() => time.CountAwaiting(LookEvery) >= 2, "it looks");

    private static async Task ReadAsync(TcpClient node) => Assert.NotEqual(0, await node.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Eventually.Deadline));

    private static async Task AcknowledgeAsync(TcpClient node, int line)
    {
        if (line == 1)
        {
            await ReadAsync(node);
        }

        var answer = Encoding.UTF8.GetBytes($$"""{"event":"ack","ref":{{line}},"id":"e-{{line}}"}""");
        await node.GetStream().WriteAsync((byte[])[0x81, (byte)answer.Length, .. answer]);
    }

    private static async Task ReadHeadAsync(TcpClient client)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var one = new byte[1];
            await client.GetStream().ReadExactlyAsync(one).AsTask().WaitAsync(Eventually.Deadline);
            head.Append((char)one[0]);
        }
    }

    /// <summary>Takes the connection and opens the WebSocket.</summary>
    private async Task<TcpClient> AcceptAsync()
    {
        var client = await _node.AcceptTcpClientAsync().WaitAsync(Eventually.Deadline);
        await ReadHeadAsync(client);
        await client.GetStream().WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"u8.ToArray());
        return client;
    }

    /// <summary>Is a proxy without a gateway, until it is stopped.</summary>
    private async Task RefuseAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _node.AcceptTcpClientAsync();
                await ReadHeadAsync(client);
                await client.GetStream().WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
        {
            // It was stopped.
        }
    }

    private async Task TellAsync(string lines) => await _input.Writer.WriteAsync(Encoding.UTF8.GetBytes(lines));

    private Task Run(TimeSpan timeout, TimeProvider time)
    {
        var ring = new NodeRing([new Uri($"http://{_node.LocalEndpoint}")]);
        var attempts = new Attempts(ring, TimeSpan.Zero, time);
        attempts.Found();
        var report = new PublishReport("a", false, Write, _warnings.Enqueue);
        var publisher = new LinePublisher(ring, "a", new LineInput(_input.Reader.AsStream()), null, timeout, attempts, report, time);
        return Task.Run(() => publisher.RunAsync(CancellationToken.None, CancellationToken.None));
    }

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        _output.Append(Encoding.UTF8.GetString(bytes));
        _read.Wait();
        return true;
    }
}
