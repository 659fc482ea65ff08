using BenchmarkDotNet.Attributes;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Bench.Micro;

/// <summary>A message in each form: encoded once for all who read it, then shared.</summary>
public class EncoderBenchmarks
{
    private RelayEntry _entry = null!;
    private MessageEncoder _encoder = null!;

    [Params("raw", "sse", "ws", "json", "gateway.json")]
    public string Form { get; set; } = string.Empty;

    [Params(100, 4096)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _encoder = MessageEncoder.All.First(x => x.Name == Form);
        _entry = Entries.Of(Bytes);
        _entry.Encoded(_encoder);
    }

    /// <summary>Once a message.</summary>
    [Benchmark]
    public byte[] EncodeOnce() => _encoder.Encode(_entry);

    /// <summary>Once a delivery: 0 B.</summary>
    [Benchmark]
    public int TakeShared() => _entry.Encoded(_encoder)!.Length;
}
