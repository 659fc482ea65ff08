using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Clients that break the WebSocket protocol or its rules here: each is told by a close code, and nobody else notices.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class WebSocketAbuseTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private const int Limit = 1024 * 1024;
    private const byte Text = 0x81;
    private const byte TextToBeContinued = 0x01;
    private const byte Continued = 0x00;
    private const byte Last = 0x80;
    private const byte Close = 0x88;
    private const byte Ping = 0x89;

    public static TheoryData<string, int> Abuses => new()
    {
        { "unmasked", 1002 },
        { "reserved opcode", 1002 },
        { "reserved bit", 1002 },
        { "continued nothing", 1002 },
        { "begun anew within a message", 1002 },
        { "fragmented ping", 1002 },
        { "ping of 126 bytes", 1002 },
        { "close with a code that is none", 1002 },
        { "invalid UTF-8", 1007 },
        { "invalid UTF-8 over two frames", 1007 },
        { "too large in one frame", 1009 },
        { "too large in many frames", 1009 },
    };

    public void Dispose() => shared.Nodes.Show(output);

    [Theory]
    [MemberData(nameof(Abuses))]
    public async Task WebSocket_Abused_IsClosedWithTheCodeAndNobodyElseNotices(string abuse, int code)
    {
        var channel = SharedNodes.FreshChannel();
        await using var sse = await Reader.Open(shared.Nodes.Address(1), channel, "sse");
        await using var ws = await Reader.Open(shared.Nodes.Address(2), channel, "ws");
        await shared.Nodes.Publish(3, channel, "before");
        var (status, close) = await RawFrames.Send(shared.Nodes.Address(2), channel, BytesOf(abuse));
        Assert.StartsWith("HTTP/1.1 101 ", status, StringComparison.Ordinal);
        Assert.Equal(code, close);
        await shared.Nodes.Publish(3, channel, "after");
        foreach (var reader in new[] { sse, ws })
        {
            await reader.WaitForText("after");
            Assert.Equal(["before", "after"], reader.Messages.Select(x => x.Text));
        }
    }

    [Theory]
    [InlineData("numbers")]
    [InlineData("announce")]
    public async Task WebSocket_PublishesToAChannelOfTheGateway_IsClosedWith1008AndTheOthersGoOn(string channel)
    {
        await using var reader = await Reader.Open(shared.Nodes.Address(1), channel, "ws");
        await reader.WaitForMore("it is fed");
        var (status, close) = await RawFrames.Send(shared.Nodes.Address(1), channel, RawFrames.Masked(Text, "7"u8));
        Assert.StartsWith("HTTP/1.1 101 ", status, StringComparison.Ordinal);
        Assert.Equal(1008, close);
        await reader.WaitForMore("goes on", 2);
        Assert.DoesNotContain(reader.Messages, x => x.Text == "7");
    }

    [Fact]
    public async Task WebSocket_FromAForeignPage_Is403ButFromAnotherNodesPageIsTaken()
    {
        var node = shared.Nodes.Address(1);
        var goodbye = RawFrames.Masked(Close, [0x03, 0xe8]);
        var foreign = await RawHttp.Head(
            node,
            $"GET /{SharedNodes.FreshChannel()} HTTP/1.1\nHost: {node.Authority}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nOrigin: http://evil.example");
        Assert.StartsWith("HTTP/1.1 403 ", foreign, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", foreign, StringComparison.Ordinal);
        foreach (var peer in new[] { 1, 2, 3 })
        {
            foreach (var host in new[] { "localhost", "127.0.0.1", "[::1]" })
            {
                var origin = $"http://{host}:{shared.Nodes.Address(peer).Port}";
                Assert.Equal(("HTTP/1.1 101 Switching Protocols", 1000), await RawFrames.Send(node, SharedNodes.FreshChannel(), goodbye, origin));
            }
        }
    }

    private static byte[] BytesOf(string abuse) => abuse switch
    {
        // A server cannot tell before it has six bytes, the shortest head of a masked frame.
        "unmasked" => [Text, 6, .. "masked"u8],
        "reserved opcode" => RawFrames.Masked(0x83, []),
        "reserved bit" => RawFrames.Masked(0xc1, "x"u8),
        "continued nothing" => RawFrames.Masked(Last, "x"u8),
        "begun anew within a message" => [.. RawFrames.Masked(TextToBeContinued, "x"u8), .. RawFrames.Masked(Text, "y"u8)],
        "fragmented ping" => RawFrames.Masked(0x09, "x"u8),
        "ping of 126 bytes" => RawFrames.Masked(Ping, new byte[126]),
        "close with a code that is none" => RawFrames.Masked(Close, [0x03, 0xed]),
        "invalid UTF-8" => RawFrames.Masked(Text, [0xff]),
        "invalid UTF-8 over two frames" => [.. RawFrames.Masked(TextToBeContinued, [0xe2, 0x82]), .. RawFrames.Masked(Last, [0x28])],
        "too large in one frame" => RawFrames.Masked(Text, new byte[Limit + 1]),
        "too large in many frames" =>
        [
            .. RawFrames.Masked(TextToBeContinued, new byte[Limit / 2]),
            .. RawFrames.Masked(Continued, new byte[Limit / 2]),
            .. RawFrames.Masked(Last, [0]),
        ],
        _ => throw new ArgumentOutOfRangeException(nameof(abuse), abuse, null),
    };
}
