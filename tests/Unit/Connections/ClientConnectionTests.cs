using System.Buffers;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using OrleansGateway.Connections;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public sealed class ClientConnectionTests : IDisposable
{
    private readonly SocketPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public async Task Receive_WhatCame_ThenNothingThenTheEnd()
    {
        Assert.Equal(-1, _pair.Connection.Receive(new byte[8]));
        await _pair.Client.SendAsync("hi"u8.ToArray());
        await Eventually.TrueAsync(() => _pair.Readable > 0, "it is told of bytes");
        var bytes = new byte[8];
        Assert.Equal((2, "hi"), (_pair.Connection.Receive(bytes), Encoding.ASCII.GetString(bytes, 0, 2)));
        Assert.Equal(-1, _pair.Connection.Receive(bytes));

        _pair.Client.Shutdown(SocketShutdown.Send);
        await _pair.InputEnded.Task.WaitAsync(Eventually.Deadline);
        Assert.Equal((0, true, false), (_pair.Connection.Receive(bytes), _pair.Connection.IsInputEnded, _pair.Connection.IsClosed));

        // It can still be answered.
        Assert.Equal(2, _pair.Connection.Send("ok"u8));
        Assert.Equal("ok", Encoding.ASCII.GetString(await _pair.Take(2)));
    }

    [Fact]
    public async Task ClientThatIsGone_ClosesIt()
    {
        _pair.Client.LingerState = new LingerOption(true, 0);
        _pair.Client.Close();
        await _pair.Closed.Task.WaitAsync(Eventually.Deadline);
        Assert.True(_pair.Connection.IsClosed);
        Assert.Equal(-1, _pair.Connection.Send("x"u8));
        Assert.Throws<IOException>(() => _pair.Connection.Receive(new byte[1]));
    }

    [Fact]
    public async Task ReadAsync_WaitsForBytes_AndGivesFirstWhatWasReadBefore()
    {
        await using var stream = new SocketStream(_pair.Connection, "before"u8.ToArray());
        var bytes = new byte[16];
        Assert.Equal(4, await stream.ReadAsync(bytes.AsMemory(0, 4)));
        Assert.Equal(2, await stream.ReadAsync(bytes));
        var reading = stream.ReadAsync(Memory<byte>.Empty);
        Assert.False(reading.IsCompleted);
        await _pair.Client.SendAsync("after"u8.ToArray());
        Assert.Equal(0, await reading.AsTask().WaitAsync(Eventually.Deadline));
        Assert.Equal((5, "after"), (await stream.ReadAsync(bytes), Encoding.ASCII.GetString(bytes, 0, 5)));

        using var canceled = new CancellationTokenSource();
        reading = stream.ReadAsync(bytes, canceled.Token);
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.AsTask().WaitAsync(Eventually.Deadline));

        reading = stream.ReadAsync(bytes);
        _pair.Connection.Close();
        await Assert.ThrowsAsync<IOException>(() => reading.AsTask().WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task FlushAsync_Nothing_SendsNothing()
    {
        var output = new SocketOutput(_pair.Connection) { IsChunked = true };
        Assert.False((await output.FlushAsync()).IsCompleted);
        Assert.Equal(0, _pair.Client.Available);
    }

    [Fact]
    public async Task FlushAsync_AnyPieces_ComeWhole()
    {
        var pieces = Gen.Byte.Array[1, 10_000].Array[1, 8].Array[1, 4];
        await Gen.Select(pieces, Gen.Bool).SampleAsync(
            async (flushes, isChunked) =>
            {
                var output = new SocketOutput(_pair.Connection) { IsChunked = isChunked };
                foreach (var flush in flushes)
                {
                    foreach (var piece in flush)
                    {
                        output.Write(piece);
                    }

                    var expected = flush.SelectMany(x => x).ToArray();
                    if (isChunked)
                    {
                        expected = [.. Encoding.ASCII.GetBytes($"{expected.Length:x}\r\n"), .. expected, .. "\r\n"u8];
                    }

                    var taking = _pair.Take(expected.Length);
                    Assert.False((await output.FlushAsync()).IsCompleted);
                    Assert.Equal(expected, await taking.WaitAsync(Eventually.Deadline));
                }
            },
            iter: 100,
            threads: 1);
        Assert.Equal(0, _pair.Client.Available);
    }

    [Fact]
    public async Task FlushAsync_SocketIsFull_WaitsUntilTheClientTakes()
    {
        using var pair = new SocketPair(bufferBytes: 8 * 1024);
        var output = new SocketOutput(pair.Connection);
        var bytes = new byte[4 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        output.Write(bytes);
        var flush = output.FlushAsync();
        Assert.False(flush.IsCompleted);
        Assert.Equal(bytes, await pair.Take(bytes.Length));
        Assert.False((await flush.AsTask().WaitAsync(Eventually.Deadline)).IsCompleted);
    }

    [Fact]
    public async Task FlushAsync_ClientGoesWhileItWaits_SaysSo()
    {
        using var pair = new SocketPair(bufferBytes: 8 * 1024);
        var output = new SocketOutput(pair.Connection);
        output.Write(new byte[4 * 1024 * 1024]);
        var flush = output.FlushAsync();
        pair.Client.Close();
        Assert.True((await flush.AsTask().WaitAsync(Eventually.Deadline)).IsCompleted);
    }

    [Fact]
    public async Task FlushAsync_OfMessages_AllocatesNothing()
    {
        var output = new SocketOutput(_pair.Connection) { IsChunked = true };
        var message = new byte[100];
        var expected = "64\r\n"u8.Length + message.Length + 2;
        await Send(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        SendNow(100);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100);
        await _pair.Take(100 * expected);

        async Task Send(int count)
        {
            SendNow(count);
            await _pair.Take(count * expected);
        }

        void SendNow(int count)
        {
            for (var i = 0; i < count; i++)
            {
                output.Write(message);
                var flush = output.FlushAsync();
                Assert.True(flush.IsCompletedSuccessfully && !flush.Result.IsCompleted);
            }
        }
    }
}
