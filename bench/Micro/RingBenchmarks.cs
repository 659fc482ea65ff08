using BenchmarkDotNet.Attributes;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Bench.Micro;

/// <summary>The newest messages of a channel: appended to once a message, read once a delivery.</summary>
public class RingBenchmarks
{
    private const int Batch = 16;
    private readonly RelayRing _ring = new();
    private readonly RelayEntry[] _into = new RelayEntry[64];
    private RelayEntry _entry = null!;

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 1; i <= RelayRing.MaxEntries; i++)
        {
            _entry = Entries.Of(100, i);
            _entry.Encoded(MessageEncoder.WebSocket);
            _ring.Append(_entry);
        }

    }

    /// <summary>Once a message, into a full ring: 0 B but the message itself.</summary>
    [Benchmark]
    public void Append() => _ring.Append(_entry);

    /// <summary>The newest one, with its bytes: 0 B a delivery.</summary>
    [Benchmark]
    public int DeliverOne() => Deliver(_ring.Next - 1);

    /// <summary>Sixteen at once, with their bytes: 0 B a delivery.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int DeliverSixteen() => Deliver(_ring.Next - Batch);

    private int Deliver(long from)
    {
        var (count, bytes) = (_ring.Read(from, _into), 0);
        foreach (var entry in _into.AsSpan(0, count))
        {
            bytes += entry.Encoded(MessageEncoder.WebSocket)!.Length;
        }

        return bytes;
    }
}
