using System.IO.Pipelines;
using System.Text;
using CsCheck;
using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public class LineReaderTests
{
    private const string Oversized = "<oversized>";

    private static readonly Gen<byte[]> Bytes =
        Gen.Frequency((3, Gen.Const((byte)'\n')), (3, Gen.Const((byte)'\r')), (6, Gen.Byte)).Array[0, 200];

    private static readonly Gen<int[]> Sizes = Gen.Int[1, 20].Array[1, 30];

    [Fact]
    public Task ReadAsync_AnyBytesSplitAnywhere_GivesTheLinesOfTheModel() =>
        Gen.Select(Bytes, Sizes, Gen.Int[1, 12]).SampleAsync(
            async (bytes, sizes, limit) =>
            {
                await using var stream = new SplitStream(bytes, sizes);
                Assert.Equal(Model(bytes, limit), await ReadAllAsync(stream, limit));
            },
            iter: 5_000);

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("\r\n\n", new[] { "", "" })]
    [InlineData("1\n2\r\n3\n", new[] { "1", "2", "3" })]
    [InlineData("1\n2", new[] { "1" })]
    [InlineData("1\n2\r", new[] { "1" })]
    [InlineData("1\r\r\n", new[] { "1\r" })]
    [InlineData("a\rb\n", new[] { "a\rb" })]
    [InlineData("1234\n", new[] { "1234" })]
    [InlineData("1234\r\n", new[] { "1234" })]
    [InlineData("12345\n6\n", new[] { Oversized, "6" })]
    [InlineData("1234567890123456789\r\n6\n", new[] { Oversized, "6" })]
    [InlineData("12345\n67890\n", new[] { Oversized, Oversized })]
    [InlineData("123456", new[] { Oversized })]
    public async Task ReadAsync_LimitOfFourByteByByte_GivesTheLines(string content, string[] lines)
    {
        await using var stream = new SplitStream(Encoding.Latin1.GetBytes(content), [1]);
        Assert.Equal(lines, await ReadAllAsync(stream, 4));
    }

    [Fact]
    public async Task ReadAsync_EndlessLine_IsReportedBeforeItsEndAndNeverHeld()
    {
        // The pipe holds one piece at most: a write ends when the reader has taken it.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 1));
        await using var reader = new LineReader(pipe.Reader.AsStream());
        var piece = new byte[64 * 1024];
        Array.Fill(piece, (byte)'7');
        var first = pipe.Writer.WriteAsync(piece);
        Assert.True((await reader.ReadAsync())!.Value.IsOversized);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var next = reader.ReadAsync().AsTask();
        await first;
        for (var i = 0; i < 1_000; i++)
        {
            await pipe.Writer.WriteAsync(piece);
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 16 * 1024 * 1024, $"{grown} bytes are held after 64 MB of one line");
        await pipe.Writer.WriteAsync("\n8\n"u8.ToArray());
        Assert.Equal("8", (await next)!.Value.ToString());
    }

    [Fact]
    public async Task ReadAsync_CancelledInTheMiddleOfALine_LosesNothing()
    {
        var pipe = new Pipe();
        await using var reader = new LineReader(pipe.Reader.AsStream());
        await pipe.Writer.WriteAsync("12"u8.ToArray());
        using (var cancel = new CancellationTokenSource())
        {
            var cancelled = reader.ReadAsync(cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        }

        await pipe.Writer.WriteAsync("34\n"u8.ToArray());
        Assert.Equal("1234", (await reader.ReadAsync())!.Value.ToString());
    }

    [Fact]
    public async Task ReadAsync_StreamFailsAfterALine_GivesTheLineThenThrows()
    {
        var pipe = new Pipe();
        await using var reader = new LineReader(pipe.Reader.AsStream());
        await pipe.Writer.WriteAsync("1\n2"u8.ToArray());
        Assert.Equal("1", (await reader.ReadAsync())!.Value.ToString());
        await pipe.Writer.CompleteAsync(new IOException("reset"));
        await Assert.ThrowsAsync<IOException>(async () => await reader.ReadAsync());
    }

    [Fact]
    public async Task TryRead_NothingReceived_DoesNotWait()
    {
        var pipe = new Pipe();
        await using var reader = new LineReader(pipe.Reader.AsStream());
        Assert.False(reader.TryRead(out _));
        await pipe.Writer.WriteAsync("1\n2\n3"u8.ToArray());
        Assert.Equal("1", (await reader.ReadAsync())!.Value.ToString());
        Assert.True(reader.TryRead(out var second));
        Assert.Equal("2", second.ToString());
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public async Task Bytes_AfterMoreWasRead_AreStillTheSame()
    {
        var content = Encoding.ASCII.GetBytes(string.Join('\n', Enumerable.Range(100_000, 5_000)) + "\n");
        await using var stream = new SplitStream(content, [777]);
        await using var reader = new LineReader(stream);
        var lines = new List<Line>();
        while (await reader.ReadAsync() is { } line)
        {
            lines.Add(line);
        }

        Assert.Equal(Enumerable.Range(100_000, 5_000).Select(n => n.ToString()), lines.Select(l => l.ToString()));
    }

    private static async Task<List<string>> ReadAllAsync(Stream stream, int limit)
    {
        await using var reader = new LineReader(stream, limit);
        var lines = new List<string>();
        while (await reader.ReadAsync() is { } line)
        {
            lines.Add(line.IsOversized ? Oversized : Encoding.Latin1.GetString(line.Bytes.Span));
        }

        return lines;
    }

    private static List<string> Model(byte[] bytes, int limit)
    {
        var parts = Encoding.Latin1.GetString(bytes).Split('\n');
        var lines = parts[..^1]
            .Select(part => part.EndsWith('\r') ? part[..^1] : part)
            .Select(line => line.Length > limit ? Oversized : line)
            .ToList();

        // What is not terminated is no line, but is told of when it can't become one: a \r may yet belong to \r\n.
        var rest = parts[^1];
        if ((rest.EndsWith('\r') ? rest.Length - 1 : rest.Length) > limit)
        {
            lines.Add(Oversized);
        }

        return lines;
    }
}
