using System.Xml;
using System.Xml.Linq;
using CsCheck;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class SvgDrawingTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly Gen<string> Hostile = Gen.OneOf(
        "<script>alert(1)</script>", "]]>", "</text></svg>", "&amp;", "&#0;", "<!--", "<!DOCTYPE svg [", "\"'", "  ", "\0", "\u0001", "\u001b", "\u007f", "\u0085", "\u009b",
        "\ufffe", "\uffff", "\u202e", "e\u0301", "中", "😀", "x", "\r\n", "\r", "\n", "\f", "\u2028").Array[0, 6].Select(string.Concat);

    [Fact]
    public void Draw_AnyText_IsXmlThatSaysItLineByLine() => Hostile.Sample(text =>
    {
        var svg = Read(text);
        Assert.Equal(Svg + "svg", svg.Name);
        Assert.All(svg.Elements(), x => Assert.True(x.Name == Svg + "text" || x.Name == Svg + "style"));
        Assert.All(svg.Elements().SelectMany(x => x.Attributes()), x => Assert.Contains(x.Name.LocalName, new[] { "x", "y", "space" }));

        var body = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') || text.EndsWith('\r') ? text[..^1] : text;
        Assert.Equal(body.ReplaceLineEndings("\n").Split('\n').Select(x => string.Concat(x.Select(Shown))), Lines(svg));

        static char Shown(char c) => c switch
        {
            < ' ' => (char)(0x2400 + c),
            '\u007f' => '\u2421',
            (>= '\u0080' and < '\u00a0') or '\ufffe' or '\uffff' => '\ufffd',
            _ => c,
        };
    });

    [Fact]
    public void Draw_Tab_GoesToTheNextStop() => Assert.Equal(["a       b", "        c"], Lines(Read("a\tb\n\tc")));

    [Fact]
    public void Draw_LongLine_IsCut()
    {
        Assert.Equal(new string('w', 160), Assert.Single(Lines(Read(new string('w', 160)))));
        Assert.Equal(new string('w', 160) + "…", Assert.Single(Lines(Read(new string('w', 161)))));
        Assert.Equal(string.Concat(Enumerable.Repeat("中", 80)) + "…", Assert.Single(Lines(Read(new string('中', 1000)))));
        Assert.InRange(Assert.Single(Lines(Read("e" + new string('\u0301', 500_000)))).Length, 100, 1000);
    }

    [Fact]
    public void Draw_ManyLines_SaysHowManyMore()
    {
        Assert.Equal(40, Lines(Read(string.Concat(Enumerable.Range(1, 40).Select(x => $"{x}\n")))).Count);
        var cut = Lines(Read(string.Concat(Enumerable.Range(1, 100_000).Select(x => $"{x}\n"))));
        Assert.Equal((40, "39", "… 99961 more lines"), (cut.Count, cut[38], cut[39]));
    }

    [Fact]
    public void Draw_Image_IsAsLargeAsItsText()
    {
        var (one, wide, high) = (Size("1"), Size("1,234,567"), Size("1\n2\n3"));
        Assert.True(wide.Width > one.Width && wide.Height == one.Height);
        Assert.True(high.Height > 2 * one.Height && high.Width == one.Width);
        Assert.Equal(Size("中中"), Size("abcd"));
        Assert.Equal(Size(string.Empty).Height, one.Height);

        static (int Width, int Height) Size(string text) => Read(text) is var svg ? ((int)svg.Attribute("width")!, (int)svg.Attribute("height")!) : default;
    }

    [Theory]
    [InlineData("<svg onload='alert(1)'/>", "image/svg+xml", "<svg onload='alert(1)'/>")]
    [InlineData("<b>", "text/html", "<b>")]
    [InlineData("{}", "application/json", "{}")]
    [InlineData("%PDF-1.7", "application/pdf", "application/pdf, 8 bytes")]
    [InlineData("x", "image/png\"><script>", "image/png\"><script>, 1 byte")]
    public void Draw_ByType_IsTextOrSaysWhatItIs(string body, string type, string shown) => Assert.Equal(shown, Assert.Single(Lines(Read(body, type))));

    [Fact]
    public void Encode_RasterImage_IsLeftAsItIs()
    {
        var entry = Entries.Of([0xff, 0xd8], "image/jpeg");
        Assert.Equal(entry.Encoded(MessageEncoder.TailTwice), entry.Encoded(MessageEncoder.SvgTail));
    }

    private static List<string> Lines(XElement svg) => [.. svg.Descendants(Svg + "text").Select(x => x.Value)];

    private static XElement Read(string text, string? type = null)
    {
        using var reader = XmlReader.Create(new MemoryStream(SvgDrawing.Draw(Entries.Of(text, type).Message)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return XElement.Load(reader, LoadOptions.PreserveWhitespace);
    }
}
