using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using OrleansGateway.Http;

namespace OrleansGateway.Connections;

/// <summary>A connection that the web server serves, from a first request on.</summary>
/// <remarks>
/// The web server takes the end of its input for the end of a connection and answers nothing then. A client may end its half after its request
/// and wait for the answer, as <c>printf … | nc -N</c> does; so here the connection is over only when both halves are.
/// </remarks>
internal sealed class KestrelConnection : DefaultConnectionContext, IConnectionHandler, IConnectionSocketFeature, IInputEndedFeature
{
    private static readonly StreamPipeReaderOptions Unbuffered = new(useZeroByteReads: true);

    private readonly ClientConnection _connection;
    private readonly LateToken _closed = new();
    private readonly LateToken _inputEnded = new();

    /// <summary>Makes one.</summary>
    /// <param name="connection">The client's connection.</param>
    /// <param name="before">What was read of it already.</param>
    public KestrelConnection(ClientConnection connection, ReadOnlyMemory<byte> before)
        : base(CorrelationIdGenerator.Next())
    {
        _connection = connection;
        ConnectionClosed = _closed.Token;
        LocalEndPoint = connection.Socket.LocalEndPoint;
        RemoteEndPoint = connection.Socket.RemoteEndPoint;
        Transport = new Duplex(
            new HalfClosedInput(PipeReader.Create(new SocketStream(connection, before), Unbuffered)),
            new SocketOutput(connection));
        Features.Set<IConnectionSocketFeature>(this);
        Features.Set<IInputEndedFeature>(this);
    }

    Socket IConnectionSocketFeature.Socket => _connection.Socket;

    CancellationToken IInputEndedFeature.InputEnded => _inputEnded.Token;

    public override void Abort(ConnectionAbortedException abortReason) => _connection.Close();

    public override async ValueTask DisposeAsync()
    {
        _connection.Close();
        await base.DisposeAsync();
    }

    void IConnectionHandler.OnInputEnded() => _inputEnded.Cancel();

    void IConnectionHandler.OnClosed() => _closed.Cancel();

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private static class CorrelationIdGenerator
    {
        private static long s_last;

        public static string Next() => $"{Interlocked.Increment(ref s_last)}";
    }
}
