using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Http;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>What the conformance suite can't have: a socket that is full just when it is closed.</summary>
public sealed class WebSocketEndpointTests : IDisposable
{
    private const byte Text = 0x81;
    private const byte Close = 0x88;
    private const int Length = 300_000;

    private readonly FakeChannel _channel = new(TimeProvider.System);
    private readonly RelayRegistry _relays;
    private readonly WebSocketEndpoint _endpoint;
    private readonly Duplex _socket = new(room: 64 * 1024);

    public WebSocketEndpointTests()
    {
        var options = Fake.Of<IOptionsMonitor<FrontendOptions>>((_, _) => new FrontendOptions());
        var lifetime = Fake.Of<IHostApplicationLifetime>((_, _) => CancellationToken.None);
        _relays = new RelayRegistry(_channel.Client(), options, TimeProvider.System, lifetime, null!, NullLoggerFactory.Instance);
        _endpoint = new WebSocketEndpoint(_relays, null!, options, lifetime, new StoppedTime());
    }

    public void Dispose()
    {
        _relays.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public async Task Handle_ClosedInTheMiddleOfALargeMessage_FinishesItFirst()
    {
        var subject = new Subject("c");
        var serving = _endpoint.Handle(Request("?publish=0"), subject, new Since(SinceKind.None));
        var relay = _relays.Take(subject);
        await Eventually.TrueAsync(() => relay.Snapshot().Length == 1, "it is connected");
        var subscriber = relay.Snapshot()[0];
        await _channel.Publish(padding: Length);
        await Eventually.TrueAsync(() => subscriber.IsWriting, "its socket is full");

        // It may not publish: masked with zeros (RFC 6455, section 5.2).
        await _socket.Client.Output.WriteAsync(new byte[] { Text, 0x81, 0, 0, 0, 0, (byte)'x' });
        await Eventually.TrueAsync(() => subscriber.Ended.IsCompleted, "it closes");
        var (opcode, message) = await ReadFrame();
        Assert.Equal((Text, Length), (opcode, message.Length));
        (opcode, message) = await ReadFrame();
        Assert.Equal((Close, 1008), (opcode, BinaryPrimitives.ReadUInt16BigEndian(message)));
        await _socket.Client.Output.CompleteAsync();
        await serving.WaitAsync(Eventually.Deadline);
    }

    private DefaultHttpContext Request(string query)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(Fake.Of<IHttpUpgradeFeature>((method, _) => method.Name == nameof(IHttpUpgradeFeature.UpgradeAsync) ? Task.FromResult<Stream>(_socket) : true));
        (context.Request.Method, context.Request.Protocol, context.Request.QueryString) = ("GET", "HTTP/1.1", new QueryString(query));
        context.Request.Headers.Upgrade = "websocket";
        context.Request.Headers.Connection = "Upgrade";
        context.Request.Headers.SecWebSocketVersion = "13";
        context.Request.Headers.SecWebSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";
        return context;
    }

    private async Task<(byte Opcode, byte[] Payload)> ReadFrame()
    {
        var head = await Read(2);
        var length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await Read(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(await Read(8)),
            var few => few,
        };
        return (head[0], await Read(length));
    }

    private async Task<byte[]> Read(int count)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var bytes = new byte[count];
        await _socket.Client.Input.AsStream(leaveOpen: true).ReadExactlyAsync(bytes, deadline.Token);
        return bytes;
    }

    /// <summary>Both ways of a connection, which holds little.</summary>
    private sealed class Duplex : Stream
    {
        private readonly Stream _input;
        private readonly Stream _output;

        public Duplex(int room)
        {
            var (up, down) = (new Pipe(), new Pipe(new PipeOptions(pauseWriterThreshold: room, resumeWriterThreshold: room / 2)));
            (_input, _output) = (up.Reader.AsStream(), down.Writer.AsStream());
            Client = (down.Reader, up.Writer);
        }

        public (PipeReader Input, PipeWriter Output) Client { get; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    /// <summary>However slow the machine is, nobody's patience ends.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Fake.Of<ITimer>((method, _) => method.Name switch
            {
                nameof(ITimer.Change) => true,
                nameof(ITimer.DisposeAsync) => ValueTask.CompletedTask,
                _ => null,
            });
    }
}
