namespace OrleansGateway.Numbers;

/// <summary>The numbers that a number server sends, for ever: <c>await foreach (var n in new NumberClient("127.0.0.1", 7776))</c>.</summary>
/// <remarks>
/// Connects again by itself, see <see cref="LineSource"/>. What is no integer, does not fit an <see cref="int"/> or is
/// longer than the limit is skipped and counted. One consumer at a time.
/// </remarks>
public sealed class NumberClient : IAsyncEnumerable<int>
{
    private readonly Action<Line>? _onSkipped;
    private long _skipped;

    /// <summary>Prepares to read numbers; connects when it is enumerated.</summary>
    /// <param name="host">A name or an IP address.</param>
    /// <param name="port">The TCP port, 1 to 65535.</param>
    public NumberClient(string host, int port)
        : this(new LineSourceOptions { Host = host, Port = port })
    {
    }

    /// <summary>Prepares to read numbers; connects when it is enumerated.</summary>
    /// <param name="options">Where to connect, and when to give up.</param>
    /// <param name="time">The clock for timeouts and backoff; null for the system's.</param>
    /// <param name="onChange">See <see cref="LineSource(LineSourceOptions, TimeProvider?, Action{LineSourceState}?)"/>.</param>
    /// <param name="onSkipped">Called with each line that is skipped; what it throws ends the enumeration.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public NumberClient(
        LineSourceOptions options,
        TimeProvider? time = null,
        Action<LineSourceState>? onChange = null,
        Action<Line>? onSkipped = null)
    {
        Source = new LineSource(options, time, onChange);
        _onSkipped = onSkipped;
    }

    /// <summary>The lines below: state of the connection and counters.</summary>
    public LineSource Source { get; }

    /// <summary>Lines that were skipped.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Connects and hands out numbers until it is cancelled or the loop is left.</summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Somebody else is enumerating.</exception>
    public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var line in Source.WithCancellation(cancellationToken))
        {
            if (NumberLine.TryParse(line.Bytes.Span, out var number) && number is >= int.MinValue and <= int.MaxValue)
            {
                yield return (int)number;
            }
            else
            {
                Interlocked.Increment(ref _skipped);
                _onSkipped?.Invoke(line);
            }
        }
    }
}
