using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using OrleansGateway.Transports;

namespace OrleansGateway.Bench.Micro;

/// <summary>WebSocket frames: written once a message, read once a publish.</summary>
public class FrameBenchmarks
{
    private const int Messages = 16;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private byte[] _body = [];
    private byte[] _masked = [];
    private WebSocketReader _reader = null!;

    [Params(100, 4096)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _body = Entries.Text(Bytes);

        // A mask of zeros is a mask: the frame of a server, marked as masked.
        var frame = WebSocketFrame.Text(_body);
        var head = frame.Length - Bytes;
        var masked = (byte[])[.. frame[..head], 0, 0, 0, 0, .. _body];
        masked[1] |= 0x80;
        _masked = [.. Enumerable.Repeat(masked, Messages).SelectMany(x => x)];
        _reader = new WebSocketReader(_pipe.Reader, static _ => Task.CompletedTask);
    }

    /// <summary>Once a message, for all who read it.</summary>
    [Benchmark]
    public byte[] Write() => WebSocketFrame.Text(_body);

    /// <summary>Once for each message that a client sends.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public async Task<int> Read()
    {
        _pipe.Writer.Write(_masked);
        await _pipe.Writer.FlushAsync();
        var bytes = 0;
        for (var i = 0; i < Messages; i++)
        {
            bytes += await _reader.Read(1024 * 1024, CancellationToken.None) is null ? _reader.Message.Length : throw new InvalidOperationException();
        }

        return bytes;
    }
}
