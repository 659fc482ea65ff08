using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Transports;

namespace OrleansGateway.Http;

/// <summary>
/// A client may end its half of the connection after its request and wait for the answer, as <c>printf … | nc -N</c> does. The server
/// takes its FIN for the end of the connection and answers nothing; so here the connection is over only when the client's system
/// says that nobody is there.
/// </summary>
/// <remarks>
/// A FIN alone does not tell: a client that is gone sends the same. It shows when something is sent to it, so whoever
/// streams sends a keep-alive at once (<see cref="InputEnded"/>), and the answer to that is looked for here.
/// </remarks>
internal sealed class HalfClose(CancellationToken inputEnded)
{
    private const byte CloseWait = 8; // TCP_CLOSE_WAIT: the client has sent its FIN, and nothing since says that it is gone.
    private const int SoonChecks = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1);

    private readonly CancellationToken _inputEnded = inputEnded;

    /// <summary>Ends when the client will send nothing more, and is perhaps gone. Where the system cannot tell: never, then the request is aborted instead.</summary>
    public static CancellationToken InputEnded(HttpContext context) => context.Features.Get<HalfClose>()?._inputEnded ?? CancellationToken.None;

    /// <summary>Serves a connection.</summary>
    public static Task Serve(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!OperatingSystem.IsLinux() || connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return next(connection);
        }

        var inputEnded = connection.ConnectionClosed;
        var closed = new CancellationTokenSource();
        connection.ConnectionClosed = closed.Token;
        connection.Transport = new Duplex(new HalfClosedInput(connection.Transport.Input), connection.Transport.Output);
        connection.Features.Set(new HalfClose(inputEnded));
        inputEnded.UnsafeRegister(_ => Watch(socket, closed), null);
        return next(connection);
    }

    private static async void Watch(Socket socket, CancellationTokenSource closed)
    {
        for (var checks = 0; TcpInfo.State(socket) == CloseWait; checks++)
        {
            await Task.Delay(checks < SoonChecks ? Soon : Later, TimeProvider.System);
        }

        await closed.CancelAsync();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
