namespace OrleansGateway.Numbers;

/// <summary>
/// The lines that a TCP server sends, for ever: connects, reads, and connects again by itself, with backoff, when the
/// server is not there, goes away or hangs. Lines of one connection never mix with those of the next: one that was cut
/// in the middle is dropped.
/// </summary>
/// <remarks>
/// Enumerated by one consumer at a time, as often as wanted; nothing is connected before. A consumer that is slow slows
/// the server down, nothing is buffered beyond what fits one read. The properties can be read from any thread.
/// </remarks>
public sealed class LineSource : IAsyncEnumerable<Line>
{
    private readonly LineSourceOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<LineSourceState>? _onChange;
    private LineSourceState _state = new(LineSourceStatus.Idle);
    private int _consumers;
    private long _connections;
    private long _lines;
    private long _oversized;

    /// <summary>Prepares to read lines; connects when it is enumerated.</summary>
    /// <param name="options">Where to connect, and when to give up.</param>
    /// <param name="time">The clock for timeouts and backoff; null for the system's.</param>
    /// <param name="onChange">Called in order with each change of <see cref="State"/>, between lines: it must be quick, and what it throws ends the enumeration.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public LineSource(LineSourceOptions options, TimeProvider? time = null, Action<LineSourceState>? onChange = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _onChange = onChange;
    }

    /// <summary>What it is doing.</summary>
    public LineSourceState State => Volatile.Read(ref _state);

    /// <summary>Lines handed out, oversized ones not counted.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Lines that were longer than the limit.</summary>
    public long Oversized => Interlocked.Read(ref _oversized);

    /// <summary>Connections opened after the first one.</summary>
    public long Reconnects => Math.Max(0, Interlocked.Read(ref _connections) - 1);

    /// <summary>Connects and hands out lines until it is cancelled or the loop is left; both close the connection at once.</summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">Somebody else is enumerating.</exception>
    public async IAsyncEnumerator<Line> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _consumers, 1) != 0)
        {
            throw new InvalidOperationException("A line source has one consumer at a time.");
        }

        try
        {
            var backoff = new Backoff(_options.MinBackoff, _options.MaxBackoff, Random.Shared.NextDouble);
            while (true)
            {
                var (connection, reason) = await ConnectAsync(backoff.Failures, cancellationToken);
                if (connection is not null)
                {
                    await using (connection)
                    {
                        Change(new(LineSourceStatus.Connected, connection.Remote, Failures: backoff.Failures));
                        while (await connection.ReadAsync() is { } line)
                        {
                            Count(line, connection, backoff);
                            yield return line;
                        }
                    }

                    reason = connection.EndReason;
                }

                var wait = backoff.Next();
                Change(new(LineSourceStatus.Disconnected, Reason: reason, RetryIn: wait, Failures: backoff.Failures));
                await Task.Delay(wait, _time, cancellationToken);
            }
        }
        finally
        {
            // Idle before the next consumer may come, whose changes must not be mixed with this one's.
            try
            {
                Change(new(LineSourceStatus.Idle));
            }
            finally
            {
                Volatile.Write(ref _consumers, 0);
            }
        }
    }

    private async Task<(LineConnection? Connection, string? Reason)> ConnectAsync(int failures, CancellationToken cancellationToken)
    {
        Change(new(LineSourceStatus.Connecting, Failures: failures));
        try
        {
            var connection = await LineConnection.OpenAsync(_options, _time, cancellationToken);
            Interlocked.Increment(ref _connections);
            return (connection, null);
        }
        catch (ConnectFailedException failure)
        {
            return (null, failure.Message);
        }
    }

    private void Count(Line line, LineConnection connection, Backoff backoff)
    {
        if (line.IsOversized)
        {
            // No sign of health: it must not reset the backoff.
            Interlocked.Increment(ref _oversized);
            return;
        }

        Interlocked.Increment(ref _lines);
        backoff.Reset();
        if (State.Status == LineSourceStatus.Connected)
        {
            Change(new(LineSourceStatus.Receiving, connection.Remote));
        }
    }

    private void Change(LineSourceState state)
    {
        Volatile.Write(ref _state, state);
        _onChange?.Invoke(state);
    }
}
