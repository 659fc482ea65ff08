namespace OrleansGateway.Connections;

/// <summary>Whoever accepted a connection.</summary>
internal interface IConnectionOwner
{
    /// <summary>After how much silence a client has vanished.</summary>
    TimeSpan VanishedTimeout { get; }

    /// <summary>Gives a connection to the web server, with what was read of it.</summary>
    void PassOn(ClientConnection connection, byte[] read);

    /// <summary>A connection failed in a way that nobody thought of.</summary>
    void Failed(Exception exception);
}
