using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Http;

/// <summary>
/// A client may end its half of the connection after its request and wait for the answer. Whether it is gone does not show by that alone: a client that is
/// gone sends the same. It shows when something is sent to it, so whoever streams sends a keep-alive at once.
/// </summary>
internal interface IInputEndedFeature
{
    /// <summary>Ends when the client will send nothing more, and is perhaps gone.</summary>
    CancellationToken InputEnded { get; }

    /// <summary>The same for a request. Where the system cannot tell: never, then the request is aborted instead.</summary>
    static CancellationToken Of(HttpContext context) => context.Features.Get<IInputEndedFeature>()?.InputEnded ?? CancellationToken.None;
}
