namespace OrleansGateway.Connections;

/// <summary>Whoever accepted a connection.</summary>
internal interface IConnectionOwner
{
    /// <summary>After how much silence a client has vanished.</summary>
    TimeSpan VanishedTimeout { get; }

    /// <summary>A connection failed in a way that nobody thought of.</summary>
    void Failed(Exception exception);
}
