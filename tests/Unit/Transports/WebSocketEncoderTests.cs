using System.Net.WebSockets;
using System.Text;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class WebSocketEncoderTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(127, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    [InlineData(1_048_576, 10)]
    public async Task Encode_Length_IsReadByAClient(int length, int head)
    {
        var body = Encoding.ASCII.GetBytes(new string('x', length));
        var text = Entries.Of(body, "text/plain");
        Assert.Equal(head + length, MessageEncoder.WebSocket.Encode(text).Length);

        var binary = new byte[length];
        new Random(length).NextBytes(binary);
        var read = await Read(text, Entries.Of(binary, "application/octet-stream"), Entries.Of("end"));
        Assert.Equal([WebSocketMessageType.Text, WebSocketMessageType.Binary, WebSocketMessageType.Text], read.Select(x => x.Type));
        Assert.Equal(body, read[0].Body);
        Assert.Equal(binary, read[1].Body);
        Assert.Equal("end"u8, read[2].Body);
    }

    [Theory]
    [InlineData("application/json", WebSocketMessageType.Text)]
    [InlineData("image/svg+xml", WebSocketMessageType.Text)]
    [InlineData(null, WebSocketMessageType.Text)]
    [InlineData("image/png", WebSocketMessageType.Binary)]
    public async Task Encode_Type_IsTextOrBinary(string? type, WebSocketMessageType expected)
    {
        var read = Assert.Single(await Read(Entries.Of("ä", type)));
        Assert.Equal(expected, read.Type);
        Assert.Equal("ä", Encoding.UTF8.GetString(read.Body));
    }

    [Fact]
    public async Task Encode_BrokenUtf8_IsBinary()
    {
        // A client closes a connection that carries it as text.
        var read = Assert.Single(await Read(Entries.Of([0xff, 0xfe], "text/plain")));
        Assert.Equal(WebSocketMessageType.Binary, read.Type);
    }

    [Fact]
    public void EncodeGap_Gap_CannotBeSaid() => Assert.Null(MessageEncoder.WebSocket.EncodeGap(Entries.Gap("aaaa-1", "aaaa-2")));

    [Fact]
    public void KeepAlive_Ping_IsTheSocketsOwn() => Assert.Null(MessageEncoder.WebSocket.KeepAliveEvery);

    private static async Task<List<(WebSocketMessageType Type, byte[] Body)>> Read(params RelayEntry[] entries)
    {
        var frames = new MemoryStream([.. entries.SelectMany(MessageEncoder.WebSocket.Encode)]);
        using var client = WebSocket.CreateFromStream(frames, new WebSocketCreationOptions { IsServer = false });
        var messages = new List<(WebSocketMessageType, byte[])>();
        var buffer = new byte[4096];
        foreach (var _ in entries)
        {
            using var body = new MemoryStream();
            ValueWebSocketReceiveResult received;
            do
            {
                received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                body.Write(buffer, 0, received.Count);
            }
            while (!received.EndOfMessage);
            messages.Add((received.MessageType, body.ToArray()));
        }

        Assert.Equal(frames.Length, frames.Position);
        return messages;
    }
}
