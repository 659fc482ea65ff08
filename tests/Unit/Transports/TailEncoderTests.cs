using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class TailEncoderTests
{
    [Fact]
    public Task Encode_AnyBytes_ArePartsOfTheirLength() => Gen.Byte.Array[0, 100].Array[1, 5].SampleAsync(async bodies =>
    {
        var parts = await Read([.. bodies.Select(x => Entries.Of(x, "image/png"))]);
        Assert.Equal(bodies, parts.Select(x => x.Body));
        Assert.All(parts, x => Assert.Equal(x.Body.Length, x.Length));
    });

    [Fact]
    public void Encode_Part_IsClosedByItsBoundaryAtOnce()
    {
        // Browsers show a part only then.
        var bytes = Encoding.ASCII.GetString([.. MessageEncoder.Tail.EncodeOpen(Entries.At("aaaa-1")), .. MessageEncoder.Tail.Encode(Entries.Of("hi", "text/plain"))]);
        Assert.Equal(
            "--orleansgateway-next\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi\r\n--orleansgateway-next\r\n", bytes);
    }

    [Theory]
    [InlineData("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", 2)]
    [InlineData("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", 1)]
    [InlineData("", 1)]
    public void For_Accept_SendsChromiumEachPartTwice(string accept, int times)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;
        var (message, once) = (Entries.Of("hi", "image/png"), MessageEncoder.Tail.Encode(Entries.Of("hi", "image/png")));
        Assert.Equal(Enumerable.Repeat(once, times).SelectMany(x => x), TailEncoder.For(context.Request).Encode(message));
    }

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("IMAGE/GIF", "image/gif")]
    [InlineData("image/webp; q=1", "image/webp")]
    [InlineData("image/avif", "image/avif")]
    [InlineData("image/bmp", "image/bmp")]
    [InlineData("image/svg+xml", "text/plain; charset=utf-8")]
    [InlineData("text/html", "text/plain; charset=utf-8")]
    [InlineData("application/json", "text/plain; charset=utf-8")]
    [InlineData(null, "text/plain; charset=utf-8")]
    [InlineData("application/pdf", "application/octet-stream")]
    [InlineData("image/png\r\nSet-Cookie: a=b", "application/octet-stream")]
    [InlineData("multipart/x-mixed-replace; boundary=a", "application/octet-stream")]
    public async Task Encode_Type_IsNothingThatABrowserRuns(string? type, string shown)
    {
        var part = Assert.Single(await Read(Entries.Of("<svg onload='alert(1)'/>", type)));
        Assert.Equal(shown, part.Type);
    }

    [Fact]
    public async Task Encode_BytesThatAreNoText_AreBinary()
    {
        Assert.Equal("application/octet-stream", Assert.Single(await Read(Entries.Of([0xff, 0x00], null))).Type);
        Assert.Equal("application/octet-stream", Assert.Single(await Read(Entries.Of([0xff, 0x00], "text/plain"))).Type);
    }

    [Fact]
    public void NewestOnly_Viewer_WantsTheNewest()
    {
        Assert.True(MessageEncoder.Tail.NewestOnly);
        Assert.Null(MessageEncoder.Tail.EncodeGap(Entries.Gap("aaaa-1", "aaaa-2")));
        Assert.Null(MessageEncoder.Tail.KeepAliveEvery);
    }

    private static async Task<List<(string Type, long Length, byte[] Body)>> Read(params RelayEntry[] entries)
    {
        // The stream goes on for ever; a reader wants an end.
        byte[] bytes = [.. MessageEncoder.Tail.EncodeOpen(Entries.At("aaaa-1")), .. entries.SelectMany(MessageEncoder.Tail.Encode)];
        var end = bytes.AsSpan(..^2).ToArray().Concat("--\r\n"u8.ToArray()).ToArray();
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(TailEncoder.ContentType).Boundary).ToString();
        var reader = new MultipartReader(boundary, new MemoryStream(end));
        var parts = new List<(string, long, byte[])>();
        while (await reader.ReadNextSectionAsync() is { } part)
        {
            using var body = new MemoryStream();
            await part.Body.CopyToAsync(body);
            Assert.Equal(2, part.Headers!.Count);
            parts.Add((part.ContentType!, long.Parse(part.Headers["Content-Length"].ToString()), body.ToArray()));
        }

        return parts;
    }
}
