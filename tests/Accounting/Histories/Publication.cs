namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>One publish, of one message or of a batch, with all attempts that it took.</summary>
internal sealed class Publication
{
    public required int Publisher { get; init; }

    public required string Channel { get; init; }

    /// <summary>The key that makes retries safe; without one there is a single attempt.</summary>
    public string? Key { get; init; }

    /// <summary>Its messages in their order; more than one is a batch.</summary>
    public required IReadOnlyList<Content> Contents { get; init; }

    /// <summary>In the order in which they began.</summary>
    public List<Attempt> Attempts { get; init; } = [];

    public bool IsAcknowledged => Attempts.Exists(x => x.Outcome == Outcome.Acknowledged);

    /// <summary>When its publisher knew that it is in, or <see cref="long.MaxValue"/>.</summary>
    public long AcknowledgedAt => Attempts.Where(x => x.Outcome == Outcome.Acknowledged).Select(x => x.Ended).DefaultIfEmpty(long.MaxValue).Min();

    public long Begun => Attempts.Count == 0 ? long.MaxValue : Attempts.Min(x => x.Begun);

    public override string ToString() =>
        $"{string.Join(" ", Contents.Take(3))}{(Contents.Count > 3 ? $" … {Contents[^1]}" : string.Empty)} on {Channel}{(Key is null ? " without a key" : $" with key {Key}")}";
}

/// <summary>What became of an attempt.</summary>
internal enum Outcome
{
    /// <summary>It got no answer, or was answered that nothing can be promised: the message is in or out.</summary>
    Unknown,

    /// <summary>It was answered 200, with an id.</summary>
    Acknowledged,

    /// <summary>It was answered what it must not be.</summary>
    Refused,
}

/// <param name="Node">Whom it was sent to.</param>
/// <param name="Begun">A stopwatch's time, as all times of a history are.</param>
/// <param name="Ended">When it was answered or given up.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="First">The id of the first message, as the answer tells it.</param>
/// <param name="Last">The id of the last message.</param>
/// <param name="Answer">The answer's status, or what happened instead.</param>
internal sealed record Attempt(int Node, long Begun, long Ended, Outcome Outcome, Id? First, Id? Last, string Answer);
