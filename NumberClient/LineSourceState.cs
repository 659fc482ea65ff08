using System.Net;

namespace OrleansGateway.Numbers;

/// <summary>What a <see cref="LineSource"/> is doing.</summary>
public enum LineSourceStatus
{
    /// <summary>Nobody reads from it.</summary>
    Idle,

    /// <summary>It is opening a connection.</summary>
    Connecting,

    /// <summary>It has a connection, on which nothing has come yet.</summary>
    Connected,

    /// <summary>Lines come.</summary>
    Receiving,

    /// <summary>It has no connection and waits before the next attempt.</summary>
    Disconnected,
}

/// <summary>A change of what a <see cref="LineSource"/> is doing.</summary>
/// <remarks>
/// Every outage begins with one <see cref="LineSourceStatus.Disconnected"/> whose <see cref="Failures"/> is 1 and ends
/// with one <see cref="LineSourceStatus.Receiving"/>, however many attempts are between: a log that has these two
/// alone has each outage once.
/// </remarks>
/// <param name="Status">What it does now.</param>
/// <param name="Remote">The peer, while there is a connection.</param>
/// <param name="Reason">Why there is no connection, in words; null while there is one.</param>
/// <param name="RetryIn">How long after this change the next attempt begins, when disconnected.</param>
/// <param name="Failures">Failed attempts and lost connections since the last line.</param>
public sealed record LineSourceState(
    LineSourceStatus Status,
    EndPoint? Remote = null,
    string? Reason = null,
    TimeSpan? RetryIn = null,
    int Failures = 0);
