using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>JSON objects, one a line over HTTP or one a message over a WebSocket.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class JsonTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Theory]
    [InlineData("?as=json", "*/*")]
    [InlineData("", "application/json")]
    [InlineData("", "application/x-ndjson")]
    public async Task Json_Stream_OpensWithTheIdAndSaysEachMessage(string query, string accept)
    {
        await shared.Nodes.Publish(1, _channel, "before");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shared.Nodes.Address(2), _channel + query));
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await shared.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType?.ToString());
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var open = await Next(lines);
        Assert.Equal(("open", _channel), (open.GetProperty("event").GetString(), open.GetProperty("channel").GetString()));
        Assert.EndsWith("-1", open.GetProperty("id").GetString(), StringComparison.Ordinal);
        await shared.Nodes.Publish(3, _channel, "a\nb");
        using var picture = new ByteArrayContent([0, 0xff]);
        picture.Headers.ContentType = new("image/png");
        using var published = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(1), _channel), picture);
        var text = await Next(lines);
        Assert.Equal(["event", "id", "channel", "time", "type", "data"], text.EnumerateObject().Select(x => x.Name));
        Assert.Equal("a\nb", text.GetProperty("data").GetString());
        var binary = await Next(lines);
        Assert.Equal(("AP8=", "base64", "image/png"), (binary.GetProperty("data").GetString(), binary.GetProperty("encoding").GetString(), binary.GetProperty("type").GetString()));
        Assert.Equal(published.Headers.GetValues("Message-Id").Single(), binary.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Json_IdOfAnotherEpoch_OpensWithItAndSaysTheGap()
    {
        await shared.Nodes.Publish(1, _channel, "kept");
        using var lines = new StreamReader(await shared.Http.GetStreamAsync(new Uri(shared.Nodes.Address(2), $"{_channel}?as=json&since=gone-7")));
        Assert.Equal("gone-7", (await Next(lines)).GetProperty("id").GetString());
        var gap = await Next(lines);
        Assert.Equal(("gap", "gone-7", JsonValueKind.Null), (gap.GetProperty("event").GetString(), gap.GetProperty("after").GetString(), gap.GetProperty("missed").ValueKind));
        Assert.Equal("kept", (await Next(lines)).GetProperty("data").GetString());
    }

    [Fact]
    public async Task GatewayJson_Publishes_AreAnsweredInOrderAndComeBackAsMessages()
    {
        const int Count = 500;
        using var socket = await Connect(1, _channel);
        Assert.Equal("open", (await Receive(socket)).GetProperty("event").GetString());
        var receiving = Task.Run(async () =>
        {
            var events = new List<JsonElement>();
            while (events.Count < 2 * Count)
            {
                events.Add(await Receive(socket));
            }

            return events;
        });
        for (var i = 0; i < Count; i++)
        {
            await Send(socket, $$"""{"publish":"{{i}}","ref":{{i}},"key":"k{{i}}"}""");
        }

        var events = await receiving.WaitAsync(TimeSpan.FromSeconds(30));
        var acks = events.Where(x => x.GetProperty("event").GetString() == "ack").ToList();
        var messages = events.Where(x => x.GetProperty("event").GetString() == "message").ToList();
        Assert.Equal(Enumerable.Range(0, Count), acks.Select(x => x.GetProperty("ref").GetInt32()));
        Assert.Equal(Enumerable.Range(0, Count).Select(x => $"{x}"), messages.Select(x => x.GetProperty("data").GetString()));
        Assert.Equal(messages.Select(x => x.GetProperty("id").GetString()), acks.Select(x => x.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task GatewayJson_WhatIsWrong_IsAnErrorAndTheConnectionGoesOn()
    {
        using var socket = await Connect(1, _channel);
        await Receive(socket);
        foreach (var (text, status) in new[]
        {
            ("hello", 400), ("""{"publish":1,"ref":"r"}""", 400), ("""{"publish":"x","channel":"other","ref":"r"}""", 400), ("{}", 400),
            ($$"""{"publish":"{{new string('x', (1024 * 1024) + 1)}}"}""", 413),
        })
        {
            await Send(socket, text);
            var error = await Receive(socket);
            Assert.Equal(("error", status), (error.GetProperty("event").GetString(), error.GetProperty("status").GetInt32()));
            Assert.NotEmpty(error.GetProperty("detail").GetString()!);
            Assert.Equal(text.Contains("\"r\"", StringComparison.Ordinal), error.TryGetProperty("ref", out _));
        }

        await Send(socket, """{"publish":"AP8=","encoding":"base64","type":"image/png","key":"k","ref":1}""");
        var answers = new[] { await Receive(socket), await Receive(socket) };
        var message = answers.Single(x => x.GetProperty("event").GetString() == "message");
        Assert.Equal(("AP8=", "image/png"), (message.GetProperty("data").GetString(), message.GetProperty("type").GetString()));
        await Send(socket, """{"publish":"other","key":"k","ref":2}""");
        Assert.Equal(422, (await Receive(socket)).GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task WebSocket_WithoutTheSubprotocol_CarriesBytesAndSaysAGapInItsHandshake()
    {
        var head = await RawHttp.Head(
            shared.Nodes.Address(1),
            $"GET /{_channel}?since=gone-7 HTTP/1.1\nHost: {shared.Nodes.Address(1).Authority}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: chat, other");
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("Gateway-Gap: after=gone-7", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Protocol", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSocket_PublishesAlthoughItSaidItWouldNot_IsClosedWith1008()
    {
        var (_, close) = await RawFrames.Send(shared.Nodes.Address(1), $"{_channel}?publish=0", RawFrames.Masked(0x81, "x"u8));
        Assert.Equal(1008, close);
        using var socket = await Connect(2, $"{_channel}?publish=0");
        await Receive(socket);
        await Send(socket, """{"publish":"x","ref":1}""");
        var error = await Receive(socket);
        Assert.Equal(("error", 1, 403), (error.GetProperty("event").GetString(), error.GetProperty("ref").GetInt32(), error.GetProperty("status").GetInt32()));
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[100].AsMemory(), CancellationToken.None)).MessageType);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.Empty(await shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(3), $"{_channel}?poll=1")));
    }

    internal static async Task<JsonElement> Next(StreamReader lines)
    {
        var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.NotNull(line);
        return JsonDocument.Parse(line).RootElement;
    }

    internal static async Task<JsonElement> Receive(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (buffer, text) = (new byte[4096], new MemoryStream());
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            text.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonDocument.Parse(text.ToArray()).RootElement;
    }

    internal static async Task<ClientWebSocket> Connect(Uri node, string target)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("other");
        socket.Options.AddSubProtocol("gateway.json");
        await socket.ConnectAsync(new Uri($"ws://{node.Authority}/{target}"), CancellationToken.None);
        Assert.Equal("gateway.json", socket.SubProtocol);
        return socket;
    }

    private Task<ClientWebSocket> Connect(int node, string target) => Connect(shared.Nodes.Address(node), target);

    private static Task Send(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
}
