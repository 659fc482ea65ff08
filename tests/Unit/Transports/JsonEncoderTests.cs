using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansGateway.Http;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class JsonEncoderTests
{
    private const string LineEnds = "\r\u000b\u000c\u001c\u001d\u001e\u0085\u2028\u2029";

    // Much of what ends a line or a string somewhere.
    private static readonly Gen<string> Text = Gen.Frequency(
        (3, Gen.OneOf("\r\n", "\r", "\n", "\"", "\\", "\0", "\u0085", "\u2028", "\u2029", "\u000b", "\u001c", "\ufeff", "</script>", "é😀")),
        (2, Gen.Char[' ', '\ud7ff'].Select(x => x.ToString()))).Array[0, 15].Select(string.Concat);

    [Fact]
    public void Encode_AnyTexts_AreLinesThatSayThem() => Text.Array[0, 5].Sample(
        texts =>
        {
            var stream = Encoding.UTF8.GetString([.. texts.SelectMany((text, i) => MessageEncoder.Json.Encode(Entries.Of(text, "text/plain", i + 1)))]);

            // Nothing else in it ends a line, whatever a reader takes for an end.
            Assert.Equal(texts.Length, stream.AsSpan().Count('\n'));
            Assert.DoesNotContain(stream, x => LineEnds.Contains(x));
            var events = stream.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse);
            Assert.Equal(texts, events.Select(x => x["data"].GetString()));
        },
        iter: 2_000);

    [Fact]
    public void Encode_AnyBytesOfABinaryType_ComeAsBase64() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        var read = Parse(MessageEncoder.Json.Encode(Entries.Of(bytes, "image/png")));
        Assert.Equal("base64", read["encoding"].GetString());
        Assert.Equal(bytes, read["data"].GetBytesFromBase64());
    });

    [Theory]
    [InlineData("hi", "application/json", "application/json")]
    [InlineData("hi", null, "text/plain; charset=utf-8")]
    public void Encode_Text_SaysAllItsFields(string text, string? type, string shown) => Assert.Equal(
        $$"""{"event":"message","id":"aaaa-7","channel":"a/b","time":"2023-11-14T22:13:20.123Z","type":"{{shown}}","data":"{{text}}"}""" + "\n",
        Encoding.UTF8.GetString(MessageEncoder.Json.Encode(Entries.Of(text, type, offset: 7, timeMs: 1_700_000_000_123))));

    [Theory]
    [InlineData(null, "application/octet-stream")]
    [InlineData("text/plain", "text/plain")]
    public void Encode_BrokenUtf8_IsBinary(string? type, string shown) => Assert.Equal(
        $$"""{"event":"message","id":"aaaa-1","channel":"a/b","time":"1970-01-01T00:00:00.000Z","type":"{{shown}}","data":"/w==","encoding":"base64"}""" + "\n",
        Encoding.UTF8.GetString(MessageEncoder.Json.Encode(Entries.Of([0xff], type))));

    [Theory]
    [InlineData(5L, "5")]
    [InlineData(null, "null")]
    public void EncodeGap_Gap_SaysWhereItGoesOn(long? missed, string shown) => Assert.Equal(
        $$"""{"event":"gap","id":"bbbb-6","channel":"a/b","after":"aaaa-1","resumed":"bbbb-6","missed":{{shown}}}""" + "\n",
        Encoding.UTF8.GetString(MessageEncoder.Json.EncodeGap(Entries.Gap("aaaa-1", "bbbb-6", missed))!));

    [Fact]
    public void Encode_Standing_SaysTheId()
    {
        const string Rest = "\"id\":\"aaaa-3\",\"channel\":\"a/b\",\"time\":\"1970-01-01T00:00:00.001Z\"";
        var at = Entries.At("aaaa-3", timeMs: 1);
        Assert.Equal($$"""{"event":"open",{{Rest}}}""" + "\n", Encoding.UTF8.GetString(MessageEncoder.Json.EncodeOpen(at)));
        Assert.Equal($$"""{"event":"keepalive",{{Rest}}}""" + "\n", Encoding.UTF8.GetString(MessageEncoder.Json.EncodeKeepAlive(at)));
        Assert.Equal(TimeSpan.FromSeconds(15), MessageEncoder.Json.KeepAliveEvery);
        foreach (var (reason, name) in new[] { (EndReason.Slow, "slow"), (EndReason.Shutdown, "shutdown"), (EndReason.Deleted, "deleted") })
        {
            Assert.Equal($$"""{"event":"end",{{Rest}},"reason":"{{name}}"}""" + "\n", Encoding.UTF8.GetString(MessageEncoder.Json.EncodeEnd(at, reason)!));
        }
    }

    [Fact]
    public async Task Encode_WebSocket_IsTheSameObjectAsATextMessage()
    {
        var entry = Entries.Of(new string('x', 70_000));
        byte[] frames =
        [
            .. MessageEncoder.JsonWebSocket.EncodeOpen(Entries.At("aaaa-3")),
            .. MessageEncoder.JsonWebSocket.Encode(entry),
            .. MessageEncoder.JsonWebSocket.EncodeGap(Entries.Gap("aaaa-1", "bbbb-6"))!,
            .. MessageEncoder.JsonWebSocket.EncodeKeepAlive(Entries.At("aaaa-3")),
            .. MessageEncoder.JsonWebSocket.EncodeEnd(Entries.At("aaaa-3"), EndReason.Slow)!,
        ];
        byte[] lines =
        [
            .. MessageEncoder.Json.EncodeOpen(Entries.At("aaaa-3")),
            .. MessageEncoder.Json.Encode(entry),
            .. MessageEncoder.Json.EncodeGap(Entries.Gap("aaaa-1", "bbbb-6"))!,
            .. MessageEncoder.Json.EncodeKeepAlive(Entries.At("aaaa-3")),
            .. MessageEncoder.Json.EncodeEnd(Entries.At("aaaa-3"), EndReason.Slow)!,
        ];
        using var client = WebSocket.CreateFromStream(new MemoryStream(frames), new WebSocketCreationOptions { IsServer = false });
        var read = new StringBuilder();
        var buffer = new byte[100_000];
        for (var i = 0; i < 5; i++)
        {
            ValueWebSocketReceiveResult received;
            do
            {
                received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                Assert.Equal(WebSocketMessageType.Text, received.MessageType);
                read.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
            }
            while (!received.EndOfMessage);
            read.Append('\n');
        }

        Assert.Equal(Encoding.UTF8.GetString(lines), read.ToString());
    }

    [Fact]
    public void Answers_Reference_IsRepeated()
    {
        using var reference = JsonDocument.Parse("[\"r\\n\",7]");
        Assert.Equal("""{"event":"ack","ref":"r\n","id":"aaaa-1"}""", Encoding.UTF8.GetString(JsonEvent.Ack(reference.RootElement[0], "aaaa-1")));
        Assert.Equal("""{"event":"ack","id":"aaaa-1"}""", Encoding.UTF8.GetString(JsonEvent.Ack(null, "aaaa-1")));
        Assert.Equal(
            """{"event":"error","ref":7,"status":400,"detail":"No."}""", Encoding.UTF8.GetString(JsonEvent.Error(reference.RootElement[1], Problem.BadRequest("x", "No."))));
    }

    private static Dictionary<string, JsonElement> Parse(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    private static Dictionary<string, JsonElement> Parse(byte[] json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;
}
