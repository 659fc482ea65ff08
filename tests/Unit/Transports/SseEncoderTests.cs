using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class SseEncoderTests
{
    // Much of what the format gives a meaning to.
    private static readonly Gen<string> Text = Gen.Frequency(
        (3, Gen.OneOf("\r\n", "\r", "\n", ":", " ", "data:", "id: 1", "\n\n", "\0", "\ufeff", "é😀")),
        (2, Gen.Char[' ', '\ud7ff'].Select(x => x.ToString()))).Array[0, 15].Select(string.Concat);

    [Fact]
    public void Encode_AnyTexts_AreReadAsTheyWereButForTheEndsOfLines() => Text.Array[0, 5].Sample(
        texts =>
        {
            var stream = texts.SelectMany((text, i) => SseOf(text, i + 1).Concat(MessageEncoder.Sse.KeepAlive.ToArray()));
            var events = Parse([.. stream]);
            Assert.Equal(texts.Select(x => x.Replace("\r\n", "\n").Replace('\r', '\n')), events.Select(x => x.Data));
            Assert.Equal(texts.Select((_, i) => $"aaaa-{i + 1}"), events.Select(x => x.EventId));
            Assert.All(events, x => Assert.Equal("message", x.EventType));
        },
        iter: 2_000);

    [Fact]
    public void Encode_AnyBytesOfABinaryType_ComeAsBase64() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        var read = Assert.Single(Parse(MessageEncoder.Sse.Encode(Entries.Of(bytes, "application/octet-stream", offset: 7))));
        Assert.Equal(("binary", "aaaa-7"), (read.EventType, read.EventId));
        Assert.Equal(bytes, Convert.FromBase64String(read.Data));
    });

    [Theory]
    [InlineData("a", "id: aaaa-1\ndata: a\n\n")]
    [InlineData("", "id: aaaa-1\ndata: \n\n")]
    [InlineData("a\r\nb\rc\nd", "id: aaaa-1\ndata: a\ndata: b\ndata: c\ndata: d\n\n")]
    [InlineData("a\n", "id: aaaa-1\ndata: a\ndata: \n\n")]
    [InlineData("\n\r", "id: aaaa-1\ndata: \ndata: \ndata: \n\n")]
    public void Encode_Text_IsAFieldALine(string text, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(SseOf(text, 1)));

    [Fact]
    public void Encode_BrokenUtf8_IsBinary() =>
        Assert.Equal("id: aaaa-1\nevent: binary\ndata: /w==\n\n", Encoding.UTF8.GetString(MessageEncoder.Sse.Encode(Entries.Of([0xff], "text/plain"))));

    [Theory]
    [InlineData(5L)]
    [InlineData(null)]
    public void EncodeGap_Gap_IsAnEventWithTheIdToGoOnFrom(long? missed)
    {
        var gap = Assert.Single(Parse(MessageEncoder.Sse.EncodeGap(Entries.Gap("aaaa-1", "bbbb-6", missed, "ä\"/b"))!));
        Assert.Equal(("gap", "bbbb-6"), (gap.EventType, gap.EventId));
        var data = JsonDocument.Parse(gap.Data).RootElement;
        Assert.Equal(["channel", "after", "resumed", "missed"], data.EnumerateObject().Select(x => x.Name));
        Assert.Equal(("ä\"/b", "aaaa-1", "bbbb-6"), (data.GetProperty("channel").GetString(), data.GetProperty("after").GetString(), data.GetProperty("resumed").GetString()));
        Assert.Equal(missed, data.GetProperty("missed").ValueKind == JsonValueKind.Null ? null : data.GetProperty("missed").GetInt64());
    }

    [Fact]
    public void Preamble_Id_IsKeptByTheClientWithoutAnEvent()
    {
        var parser = SseParser.Create(new MemoryStream(SseEncoder.Preamble(new MessageId("aaaa", 3), 1500)));
        Assert.Empty(parser.Enumerate());
        Assert.Equal(TimeSpan.FromMilliseconds(1500), parser.ReconnectionInterval);
        Assert.Equal("retry: 1500\nid: aaaa-3\n\n", Encoding.ASCII.GetString(SseEncoder.Preamble(new MessageId("aaaa", 3), 1500)));
    }

    [Fact]
    public void KeepAlive_Comment_IsNoEventAndComesEvery15Seconds()
    {
        Assert.Empty(Parse(MessageEncoder.Sse.KeepAlive.ToArray()));
        Assert.Equal(TimeSpan.FromSeconds(15), MessageEncoder.Sse.KeepAliveEvery);
        Assert.False(MessageEncoder.Sse.NewestOnly);
    }

    private static byte[] SseOf(string text, long offset) => MessageEncoder.Sse.Encode(Entries.Of(text, "text/plain", offset));

    private static List<SseItem<string>> Parse(byte[] bytes) => [.. SseParser.Create(new MemoryStream(bytes)).Enumerate()];
}
