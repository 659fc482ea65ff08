using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
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
            var stream = texts.SelectMany((text, i) => SseOf(text, i + 1).Concat(MessageEncoder.Sse.EncodeKeepAlive(Entries.At("aaaa-1"))));
            var events = Parse([.. stream]);
            Assert.Equal(texts.Select(x => x.Replace("\r\n", "\n").Replace('\r', '\n')), events.Select(x => x.Data));
            Assert.Equal(texts.Select((_, i) => $"aaaa-{i + 1}"), events.Select(x => x.EventId));
            Assert.All(events, x => Assert.Equal("message", x.EventType));
        },
        iter: 2_000);

    [Fact]
    public void Encode_AnyMessages_AreReadAsTheyWereHoweverTheirBytesAreSplit() =>
        Gen.Select(Gen.OneOf(Text.Select(Encoding.UTF8.GetBytes), Gen.Byte.Array[0, 40]).Array[1, 5], Gen.Int[1, 9].Array[1, 20]).Sample(
            (bodies, sizes) =>
            {
                var stream = MessageEncoder.Sse.EncodeOpen(Entries.At("aaaa-0")).Concat(bodies.SelectMany((x, i) => MessageEncoder.Sse.Encode(Entries.Of(x, "text/plain", i + 1))));
                var events = SseParser.Create(new PiecemealStream([.. stream], sizes)).Enumerate().ToList();
                Assert.Equal(bodies.Length, events.Count);
                foreach (var (body, read) in bodies.Zip(events))
                {
                    var isText = Utf8.IsValid(body);
                    Assert.Equal(isText ? "message" : "binary", read.EventType);
                    Assert.Equal(isText ? Encoding.UTF8.GetString(body).Replace("\r\n", "\n").Replace('\r', '\n') : Convert.ToBase64String(body), read.Data);
                }
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
    public void EncodeOpen_Id_IsKeptByTheClientWithoutAnEvent()
    {
        var opening = MessageEncoder.Sse.EncodeOpen(Entries.At("aaaa-3"));
        var parser = SseParser.Create(new MemoryStream(opening));
        Assert.Empty(parser.Enumerate());
        Assert.InRange(parser.ReconnectionInterval, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Assert.EndsWith("\nid: aaaa-3\n\n", Encoding.ASCII.GetString(opening), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EndReason.Shutdown, "shutdown")]
    [InlineData(EndReason.Slow, "slow")]
    [InlineData(EndReason.Deleted, "deleted")]
    public void EncodeEnd_Reason_IsAnEvent(object reason, string name)
    {
        var end = Assert.Single(Parse(MessageEncoder.Sse.EncodeEnd(Entries.At("aaaa-3"), (EndReason)reason)!));
        Assert.Equal(("end", $$"""{"channel":"a/b","reason":"{{name}}"}"""), (end.EventType, end.Data));
    }

    [Fact]
    public void KeepAlive_Comment_IsNoEventAndComesEvery15Seconds()
    {
        Assert.Empty(Parse(MessageEncoder.Sse.EncodeKeepAlive(Entries.At("aaaa-1"))));
        Assert.Equal(TimeSpan.FromSeconds(15), MessageEncoder.Sse.KeepAliveEvery);
        Assert.False(MessageEncoder.Sse.NewestOnly);
    }

    /// <summary>Gives its bytes in pieces of these sizes, one after the other and again.</summary>
    private sealed class PiecemealStream(byte[] bytes, int[] sizes) : MemoryStream(bytes)
    {
        private int _reads;

        // Whoever reads into a span comes here too.
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, sizes[_reads++ % sizes.Length]));
    }

    private static byte[] SseOf(string text, long offset) => MessageEncoder.Sse.Encode(Entries.Of(text, "text/plain", offset));

    private static List<SseItem<string>> Parse(byte[] bytes) => [.. SseParser.Create(new MemoryStream(bytes)).Enumerate()];
}
