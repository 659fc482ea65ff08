using System.Net;

namespace OrleansGateway.Numbers;

/// <summary>How a <see cref="LineSource"/> connects, and when it gives a connection up.</summary>
public sealed record LineSourceOptions
{
    /// <summary>A name or an IP address. Default: 127.0.0.1.</summary>
    public string Host { get; init; } = HostPort.Default.Host;

    /// <summary>The TCP port, 1 to 65535. Default: 7776.</summary>
    public int Port { get; init; } = HostPort.Default.Port;

    /// <summary>The longest line that is handed out, in bytes without its terminator. Default: 4096.</summary>
    public int MaxLineBytes { get; init; } = LineReader.DefaultMaxLineBytes;

    /// <summary>How long connecting may take, looking up the name included. Default: 2 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// When no line came for this long, the peer is taken for hung and connected to anew. Null or zero: never. Default: null.
    /// It must be longer than the peer's longest silence. The time that the consumer takes for itself does not count.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>The shortest wait before connecting again. Default: 100 ms.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before connecting again. Default: 2 seconds.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(2);

    internal bool HasIdleTimeout => IdleTimeout is { } idle && idle > TimeSpan.Zero;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Host);
        ArgumentOutOfRangeException.ThrowIfLessThan(Port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Port, IPEndPoint.MaxPort);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLineBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(IdleTimeout ?? TimeSpan.Zero, TimeSpan.Zero, nameof(IdleTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MinBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackoff, MinBackoff);
    }
}
