namespace OrleansGateway.Tests.Conformance.WebSockets;

/// <summary>RFC 6455, section 4.2: the server's part of the opening handshake.</summary>
public sealed class HandshakeTests : ConformanceTest
{
    private const string Version = "Sec-WebSocket-Version: 13";
    private const string Key = $"Sec-WebSocket-Key: {FrameClient.Key}";

    public static TheoryData<string, string> Upgrades => new()
    {
        { "websocket", "Upgrade" },
        { "WebSocket", "upgrade" },
        { "websocket", "keep-alive, Upgrade" },
        { "websocket", "keep-alive,UPGRADE , x" },
        { "h2c, websocket", "Upgrade" },
    };

    public static TheoryData<string, string[]> Subprotocols => new()
    {
        { "gateway.json", ["gateway.json"] },
        { "gateway.json", ["chat, gateway.json"] },
        { "gateway.json", ["chat", "gateway.json ,superchat"] },
        { "", ["chat"] },
        { "", ["GATEWAY.JSON"] },
        { "", ["gateway.json2, xgateway.json"] },
        { "", [] },
    };

    [Theory(DisplayName = "4.2.1: Upgrade has websocket and Connection has Upgrade, both in any case and among others")]
    [MemberData(nameof(Upgrades))]
    public async Task Handshake_WithTokens_Switches(string upgrade, string connection)
    {
        var answer = await Ask("GET", $"Upgrade: {upgrade}", $"Connection: {connection}", Version, Key);
        Assert.Equal(
            ("HTTP/1.1 101 Switching Protocols", "websocket", "Upgrade", FrameClient.Accept),
            (answer.StatusLine, answer["Upgrade"]?.ToLowerInvariant(), answer["Connection"], answer["Sec-WebSocket-Accept"]));
        Assert.Null(answer["Sec-WebSocket-Extensions"]);
        Assert.Null(answer["Content-Length"]);
        Assert.Null(answer["Transfer-Encoding"]);
    }

    [Theory(DisplayName = "4.2.2: another version is 426 with the one that is spoken")]
    [InlineData("Sec-WebSocket-Version: 8")]
    [InlineData("Sec-WebSocket-Version: 14")]
    [InlineData("Sec-WebSocket-Version: 013")]
    [InlineData("Sec-WebSocket-Version: ")]
    [InlineData("X-Nothing: 1")]
    public async Task Handshake_OfAnotherVersion_Is426(string version)
    {
        var answer = await Ask("GET", "Upgrade: websocket", "Connection: Upgrade", version, Key);
        Assert.Equal((426, "13"), (answer.Status, answer["Sec-WebSocket-Version"]));
    }

    [Theory(DisplayName = "4.2.1: the key is 16 bytes in base64: else 400")]
    [InlineData("X-Nothing: 1")]
    [InlineData("Sec-WebSocket-Key: ")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!!")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")]
    public async Task Handshake_WithABadKey_Is400(string key) =>
        Assert.Equal(400, (await Ask("GET", "Upgrade: websocket", "Connection: Upgrade", Version, key)).Status);

    [Theory(DisplayName = "4.2.1: without the tokens it is no upgrade: 426 where only a WebSocket will do")]
    [InlineData("websocket", "close")]
    [InlineData("websocket", "xUpgrade")]
    [InlineData("h2c", "Upgrade")]
    [InlineData("websocket2", "Upgrade")]
    public async Task Handshake_WithoutTokens_Is426(string upgrade, string connection) =>
        Assert.Equal(426, (await Ask("GET", $"Upgrade: {upgrade}", $"Connection: {connection}", Version, Key)).Status);

    [Theory(DisplayName = "4.2.1: the method is GET")]
    [InlineData("POST", 200)]
    [InlineData("HEAD", 426)]
    [InlineData("PATCH", 405)]
    public async Task Handshake_ByAnotherMethod_IsNone(string method, int status) =>
        Assert.Equal(status, (await Ask(method, "Upgrade: websocket", "Connection: Upgrade", Version, Key)).Status);

    [Fact(DisplayName = "4.2.1: HTTP/1.0 has no upgrade: 426")]
    public async Task Handshake_OverHttp10_Is426()
    {
        using var connection = await Connection.Open(A, $"GET /{Channel} HTTP/1.0", $"Host: {A.Authority}", "Upgrade: websocket", "Connection: Upgrade", Version, Key);
        Assert.Equal(426, (await connection.ReadHead()).Status);
    }

    [Theory(DisplayName = "4.2.2: the subprotocol is one that was offered, compared with its case, or none is said")]
    [MemberData(nameof(Subprotocols))]
    public async Task Handshake_OfferingSubprotocols_ChoosesOurs(string chosen, string[] offered)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}", [.. offered.Select(x => $"Sec-WebSocket-Protocol: {x}")]);
        Assert.Equal((101, chosen), (frames.Head.Status, frames.Head["Sec-WebSocket-Protocol"] ?? string.Empty));
        await Http.Publish(B, Channel, "x");
        var (_, text) = await frames.ReadText();
        Assert.Contains(chosen.Length > 0 ? "\"event\":\"open\"" : "x", text, StringComparison.Ordinal);
    }

    [Theory(DisplayName = "RFC 7692: permessage-deflate is declined by its absence, however it is offered, and a compressed frame (RSV1) is then 1002")]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits")]
    [InlineData("permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10")]
    [InlineData("permessage-deflate; client_max_window_bits=99, permessage-deflate")]
    [InlineData("x-webkit-deflate-frame, permessage-bzip2; level=9")]
    [InlineData("nonsense;;;")]
    public async Task Handshake_OfferingExtensions_DeclinesThem(string offer)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}", $"Sec-WebSocket-Extensions: {offer}");
        Assert.Equal((101, null), (frames.Head.Status, frames.Head["Sec-WebSocket-Extensions"]));
        await Http.Publish(B, Channel, "plain");
        Assert.Equal((0x81, "plain"), await frames.ReadText());
        await frames.Send(FrameClient.Frame(FrameClient.Final | 0x40 | FrameClient.Text, [0xca, 0x00]));
        Assert.Equal(1002, (await frames.ReadClose()).Code);
    }

    [Fact(DisplayName = "What follows the handshake in the same packet is not lost")]
    public async Task Frames_WithTheHandshake_AreRead()
    {
        using var connection = await Connection.Open(A);
        byte[] both =
        [
            .. System.Text.Encoding.ASCII.GetBytes(
                    $"GET /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{Version}\r\n{Key}\r\n\r\n"),
            .. FrameClient.Frame(FrameClient.Final | FrameClient.Text, "early"),
        ];
        await connection.SendBytes(both);
        Assert.Equal(101, (await connection.ReadHead()).Status);
        Assert.Equal([0x81, 5, .. "early"u8], await connection.ReadExactly(7));
    }

    private async Task<Head> Ask(string method, params string[] headers)
    {
        using var connection = await Connection.Open(A, [$"{method} /{Channel}?as=ws HTTP/1.1", $"Host: {A.Authority}", .. method == "POST" ? ["Content-Length: 0"] : Array.Empty<string>(), .. headers]);
        return await connection.ReadHead();
    }
}
