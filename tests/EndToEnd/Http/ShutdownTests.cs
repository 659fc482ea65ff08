using System.Net.WebSockets;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>A node that stops says so on each transport, in the way that the transport has.</summary>
public sealed class ShutdownTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Stop_Subscribers_AreToldAndTheirStreamsAreFinished()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        var node = nodes.Address(1);
        using var http = new HttpClient();
        var poll = http.GetAsync(new Uri(node, "c?poll=1&wait=60s"));
        var streams = new Dictionary<string, StreamReader>();
        foreach (var form in new[] { "raw", "json", "sse" })
        {
            streams[form] = new StreamReader(await http.GetStreamAsync(new Uri(node, $"c?as={form}")));
        }

        using var json = await JsonClient.Connect(node, "c");
        using var plain = new ClientWebSocket();
        await plain.ConnectAsync(new Uri($"ws://{node.Authority}/c"), CancellationToken.None);
        Assert.Equal("open", (await JsonClient.Receive(json)).GetProperty("event").GetString());

        var stopping = nodes[1].Stop();
        var ends = new Dictionary<string, string>();
        foreach (var (form, lines) in streams)
        {
            // It throws where the stream is cut instead of finished.
            ends[form] = await lines.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }

        Assert.Empty(ends["raw"].Trim('\n'));
        Assert.Matches("""{"event":"end","id":"[^"]+-0","channel":"c","time":"[^"]+","reason":"shutdown"}\n$""", ends["json"]);
        Assert.EndsWith("event: end\ndata: {\"channel\":\"c\",\"reason\":\"shutdown\"}\n\n", ends["sse"], StringComparison.Ordinal);
        Assert.Equal("shutdown", (await JsonClient.Receive(json)).GetProperty("reason").GetString());
        foreach (var socket in new[] { json, plain })
        {
            Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[100].AsMemory(), CancellationToken.None)).MessageType);
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        using var polled = await poll.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Equal(System.Net.HttpStatusCode.NoContent, polled.StatusCode);
        Assert.EndsWith("-0", polled.Headers.GetValues("Last-Event-ID").Single(), StringComparison.Ordinal);
        Assert.Equal(0, await stopping);
    }
}
