namespace OrleansGateway.Connections;

/// <summary>Who serves a connection at present. It is called by the connection's <see cref="EventLoop"/>, so it may not wait.</summary>
internal interface IConnectionHandler
{
    /// <summary>Bytes may have come, or the end of them.</summary>
    void OnReadable()
    {
    }

    /// <summary>The client has closed its half, or both.</summary>
    void OnInputEnded();

    /// <summary>The connection is gone in both directions. Called by whichever thread closed it; twice where that one and <see cref="ClientConnection.Tell"/> meet.</summary>
    void OnClosed();

    /// <summary>Called every few seconds (<see cref="ClientConnection.TicksATurn"/>).</summary>
    void OnTurn()
    {
    }

    /// <summary>The node stops: nothing new may begin.</summary>
    void OnStopping()
    {
    }
}
