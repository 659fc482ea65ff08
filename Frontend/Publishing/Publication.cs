using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>What one publisher publishes at once.</summary>
/// <param name="Message">The message, where it is no batch.</param>
/// <param name="Batch">Messages that go together: all of them or none, with nothing between; null for a single one.</param>
/// <param name="Key">The idempotency key, or null.</param>
internal readonly record struct Publication(MessageDraft Message, MessageDraft[]? Batch = null, string? Key = null)
{
    /// <summary>How many messages it has.</summary>
    public int Count => Batch?.Length ?? 1;

    /// <summary>How many bytes its bodies have.</summary>
    public long Bytes => Batch?.Sum(x => (long)x.Body.Length) ?? Message.Body.Length;
}
