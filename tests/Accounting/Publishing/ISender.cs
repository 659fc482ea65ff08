using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Publishing;

/// <summary>A way to publish. Neither way repeats anything by itself: an attempt is one attempt.</summary>
internal interface ISender : IAsyncDisposable
{
    /// <summary>Tries once, at one node, and says what became of it; never throws.</summary>
    Task<Sent> Send(Publication publication, IReadOnlyList<byte[]> bodies, string type, int node);
}

/// <param name="Attempt">For the history.</param>
/// <param name="RetryAfter">How long the node asks to wait before the next one.</param>
internal sealed record Sent(Attempt Attempt, TimeSpan? RetryAfter = null);
