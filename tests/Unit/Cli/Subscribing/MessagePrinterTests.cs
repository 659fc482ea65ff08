using System.Text;
using System.Text.Json;
using OrleansGateway.Cli.Subscribing;

namespace OrleansGateway.Tests.Unit.Cli.Subscribing;

public sealed class MessagePrinterTests
{
    private const string Open = """{"event":"open","id":"e-4","channel":"a","time":"2026-01-01T00:00:00.000Z"}""";
    private const string Text = """{"event":"message","id":"e-5","channel":"a","time":"2026-01-01T00:00:00.000Z","type":"text/plain","data":"gr\u00fc\u00dfe \"1\"\nzwei"}""";
    private const string Binary = """{"event":"message","id":"e-6","channel":"a","time":"2026-01-01T00:00:00.000Z","type":"application/octet-stream","data":"/wA=","encoding":"base64"}""";
    private const string Gap = """{"event":"gap","id":"e-9","channel":"a","after":"e-6","resumed":"e-9","missed":3}""";
    private const string Unknown = """{"event":"later","id":"e-9","some":{"new":[1]}}""";

    private readonly List<byte> _output = [];
    private readonly List<string> _warnings = [];

    [Fact]
    public void Take_Messages_PrintsTheirBytesALineEach()
    {
        var printer = Printer();

        Assert.All([Open, Text, Binary, Unknown], x => Assert.Equal(StreamStep.GoOn, Take(printer, x)));

        Assert.Empty(_output);
        Assert.True(printer.Flush());
        Assert.Equal([.. "grüße \"1\"\nzwei\n"u8, 0xff, 0, (byte)'\n'], _output);
        Assert.Equal("e-9", printer.LastId);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Take_AsJson_PrintsMessagesGapsAndTheEndAsTheyCame()
    {
        const string End = """{"event":"end","id":"e-9","channel":"a","time":"2026-01-01T00:00:00.000Z","reason":"deleted"}""";
        var printer = Printer(asJson: true);

        Assert.All([Open, Text, Gap, Unknown], x => Assert.Equal(StreamStep.GoOn, Take(printer, x)));
        Assert.Equal(StreamStep.Finish, Take(printer, End));

        printer.Flush();
        Assert.Equal($"{Text}\n{Gap}\n{End}\n", Encoding.UTF8.GetString([.. _output]));
        Assert.Equal(["gap in a: 3 messages are no longer kept (after e-6)", "a was deleted"], _warnings);
    }

    [Theory]
    [InlineData("shutdown", "Reconnect")]
    [InlineData("slow", "Reconnect")]
    [InlineData("deleted", "Finish")]
    [InlineData("some later one", "Reconnect")]
    public void Take_AnEnd_GoesOnElsewhereUnlessTheChannelIsGone(string reason, string expected) =>
        Assert.Equal(expected, Take(Printer(), $$"""{"event":"end","id":"e-9","channel":"a","reason":"{{reason}}"}""").ToString());

    [Fact]
    public void Take_AGapOfUnknownSize_SaysSo()
    {
        Take(Printer(), """{"event":"gap","id":"f-0","channel":"a","after":"e-6","resumed":"f-0","missed":null}""");

        Assert.Equal(["gap in a: what came after e-6 is no longer kept, and how much that was is not known"], _warnings);
    }

    [Fact]
    public void Take_AsManyAsWereAskedFor_IsTheEnd()
    {
        var printer = Printer(count: 2);

        Assert.Equal(StreamStep.GoOn, Take(printer, Text));
        Assert.Equal(StreamStep.GoOn, Take(printer, Gap));
        Assert.Equal(StreamStep.Finish, Take(printer, Binary));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("""{"event":"message","id":"e-1"}""")]
    public void Take_SomethingElse_Throws(string line) => Assert.ThrowsAny<JsonException>(() => Take(Printer(), line));

    [Fact]
    public void Flush_WhenNobodyReads_SaysSo()
    {
        var printer = new MessagePrinter(false, null, _ => false, _warnings.Add);
        Take(printer, Text);

        Assert.False(printer.Flush());
    }

    private static StreamStep Take(MessagePrinter printer, string line) => printer.Take(Encoding.UTF8.GetBytes(line));

    private MessagePrinter Printer(bool asJson = false, long? count = null) => new(asJson, count, Write, _warnings.Add);

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        _output.AddRange(bytes);
        return true;
    }
}
