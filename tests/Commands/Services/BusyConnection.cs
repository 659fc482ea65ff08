using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Commands.Services;

/// <summary>One kept-alive connection that publishes as fast as it is answered. It is never opened again: that it ends is a failure.</summary>
internal sealed class BusyConnection : IAsyncDisposable
{
    private readonly TcpClient _client = new();
    private readonly CancellationTokenSource _done = new();
    private Task _publishing = Task.CompletedTask;

    /// <summary>How many publishes were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Connects to a node and begins.</summary>
    public static async Task<BusyConnection> Open(Uri node, string channel)
    {
        var busy = new BusyConnection();
        await busy._client.ConnectAsync(node.Host, node.Port);
        busy._publishing = busy.Publish(node, channel);
        return busy;
    }

    /// <summary>Ends it after the answer to the last publish.</summary>
    /// <exception cref="EndOfStreamException">The node ended the connection.</exception>
    public async Task End()
    {
        await _done.CancelAsync();
        await _publishing;
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _done.Dispose();
    }

    private async Task Publish(Uri node, string channel)
    {
        var stream = _client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (!_done.IsCancellationRequested)
        {
            var body = (Acknowledged + 1).ToString(CultureInfo.InvariantCulture);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /{channel} HTTP/1.1\r\nHost: {node.Authority}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            Assert.Equal("HTTP/1.1 200 OK", await Line(reader));
            while (await Line(reader) is { Length: > 0 } header)
            {
                Assert.DoesNotContain("close", header, StringComparison.OrdinalIgnoreCase);
            }

            Assert.Equal("OK", await Line(reader));
            Acknowledged++;
        }
    }

    private static async Task<string> Line(StreamReader reader) =>
        await reader.ReadLineAsync() ?? throw new EndOfStreamException("the node ended the connection");
}
