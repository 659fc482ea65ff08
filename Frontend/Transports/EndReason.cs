namespace OrleansGateway.Transports;

/// <summary>Why a subscription ends.</summary>
internal enum EndReason
{
    /// <summary>The client is gone.</summary>
    Gone,

    /// <summary>It took nothing for too long, or needs what is no longer kept and has no way to be told.</summary>
    Slow,

    /// <summary>The node stops.</summary>
    Shutdown,

    /// <summary>The channel was deleted.</summary>
    Deleted,

    /// <summary>The connection is closed in good order, by the client or for what it sent.</summary>
    Closed,

    /// <summary>All that was asked for was sent.</summary>
    Complete,
}
