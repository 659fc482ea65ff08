using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using OrleansGateway.Cli.Publishing;

namespace OrleansGateway.Tests.Unit.Cli.Publishing;

public sealed class PublishingTests
{
    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\nb", "a|b")]
    [InlineData("\n\nx\r\n", "||x\r")]
    [InlineData("", "")]
    public async Task LineInput_OfAStream_HasItsLines(string text, string expected)
    {
        var input = new LineInput(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        var lines = new List<string>();
        while (!input.IsOver)
        {
            await input.WaitAsync();
            while (input.TryTake(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }
        }

        Assert.Equal(expected, string.Join('|', lines));
        Assert.Equal(text.Length, input.Taken);
    }

    [Fact]
    public async Task LineInput_OfAStreamThatCantBeRead_IsOverAfterItsWholeLines()
    {
        var input = new LineInput(new Broken("a\nb\nhalf of c"u8.ToArray()));
        var lines = new List<string>();
        while (!input.IsOver)
        {
            await input.WaitAsync();
            while (input.TryTake(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }
        }

        Assert.Equal(["a", "b"], lines);
        Assert.Equal("standard input can't be read: out of order", input.Failure);
    }

    [Fact]
    public async Task LineInput_WaitedForByOneAfterTheOther_HasEachLineOnce()
    {
        var stream = new Pipe();
        var input = new LineInput(stream.Reader.AsStream());
        var lines = new List<string>();
        await Task.Run(async () =>
        {
            // One of them goes on before the others hear of it.
            var next = input.WaitAsync().ContinueWith(_ => TakeAndWait(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();
            Task[] others = [input.WaitAsync(), input.WaitAsync()];
            await stream.Writer.WriteAsync("a\nb\n"u8.ToArray());
            await Task.WhenAll(others);
            Take();
            await stream.Writer.WriteAsync("c\n"u8.ToArray());
            await stream.Writer.CompleteAsync();
            await next;
            Take();
        }).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(["a", "b", "c"], lines);
        Assert.Equal(6, input.Taken);

        void Take()
        {
            while (input.TryTake(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }
        }

        Task TakeAndWait()
        {
            Take();
            return input.WaitAsync();
        }
    }

    [Fact]
    public async Task LineInput_WhoseReadEndsBetweenTwoWaits_IsNotWaitedForAgain()
    {
        var stream = new Pipe();
        var input = new LineInput(stream.Reader.AsStream());
        var abandoned = input.WaitAsync();
        Assert.False(input.TryTake(out _));
        await stream.Writer.WriteAsync("a\n"u8.ToArray());
        await abandoned;

        await input.WaitAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(input.TryTake(out _));
    }

    [Fact]
    public async Task LineInput_OfALineWithoutEnd_IsOver()
    {
        var input = new LineInput(new MemoryStream(new byte[(64 * 1024 * 1024) + (256 * 1024)]));
        while (!input.IsOver)
        {
            await input.WaitAsync();
            Assert.False(input.TryTake(out _));
        }

        Assert.StartsWith("a line is longer than 67108864 bytes", input.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteLine_OfText_IsAnObjectOfTheProtocol() =>
        Assert.Equal("""{"publish":"gr\u00fc\u00df \"dich\"","key":"k-7","ref":7}""".Replace("\\u00fc", "ü", StringComparison.Ordinal).Replace("\\u00df", "ß", StringComparison.Ordinal), Line("grüß \"dich\""u8, null));

    [Fact]
    public void WriteLine_OfBytes_IsBase64() => Assert.Equal("""{"publish":"/wA=","encoding":"base64","key":"k-7","ref":7}""", Line([0xff, 0], null));

    [Fact]
    public void WriteLine_WithAType_HasIt() => Assert.Equal("""{"publish":"1","type":"application/json","key":"k-7","ref":7}""", Line("1"u8, "application/json"));

    [Fact]
    public void Read_OfAnAnswer_HasItsLine()
    {
        Assert.Equal(new LineAnswer(7, "e-3", 0, null), PublishJson.Read("""{"event":"ack","ref":7,"id":"e-3"}"""u8));
        Assert.Equal(new LineAnswer(8, null, 413, "Too large."), PublishJson.Read("""{"event":"error","ref":8,"status":413,"detail":"Too large."}"""u8));
    }

    [Theory]
    [InlineData("""{"event":"message","id":"e-3","channel":"a","data":"x"}""")]
    [InlineData("""{"event":"open","id":"e-3"}""")]
    [InlineData("""{"event":"later","more":[{}]}""")]
    public void Read_OfSomethingElse_IsNoAnswer(string text) => Assert.Null(PublishJson.Read(Encoding.UTF8.GetBytes(text)).Line);

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Write_AFrame_IsMaskedAndOfTheLengthThatRfc6455Says(int length)
    {
        var payload = Enumerable.Range(0, length).Select(x => (byte)x).ToArray();
        var output = new ArrayBufferWriter<byte>();

        ClientFrames.Write(output, ClientFrames.Text, payload);

        var frame = output.WrittenSpan.ToArray();
        var head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
        Assert.Equal(0x81, frame[0]);
        Assert.Equal(0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127), frame[1]);
        Assert.Equal(head + 4 + length, frame.Length);
        Assert.Equal(payload, frame[(head + 4)..].Select((x, i) => (byte)(x ^ frame[head + (i & 3)])));
    }

    [Fact]
    public void TryRead_OfFramesInPieces_WaitsForTheRest()
    {
        byte[] bytes = [0x81, 2, (byte)'h', (byte)'i', 0x88, 2, 3, 0xf1];
        for (var length = 0; length < 4; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes.AsMemory(0, length));
            Assert.False(ClientFrames.TryRead(ref part, out _));
        }

        var whole = new ReadOnlySequence<byte>(bytes);
        Assert.True(ClientFrames.TryRead(ref whole, out var text));
        Assert.True(ClientFrames.TryRead(ref whole, out var close));
        Assert.Equal((ClientFrames.Text, "hi"), (text.Opcode, Encoding.UTF8.GetString(text.Payload)));
        Assert.Equal((ClientFrames.Close, 2L), (close.Opcode, close.Payload.Length));
        Assert.True(whole.IsEmpty);
    }

    [Fact]
    public void UnacknowledgedLines_AfterALostConnection_AreSentAgainInOrderWithTheirKeys()
    {
        var lines = new UnacknowledgedLines("key", null);
        var sent = Enumerable.Range(1, 3).Select(x => Encoding.UTF8.GetString(lines.Add(new ReadOnlySequence<byte>("x"u8.ToArray())).Span)).ToList();
        lines.Answered();

        lines.SendAgain();

        Assert.Equal(2, lines.First);
        Assert.Equal(sent.Skip(1), [Next(), Next()]);
        Assert.Null(lines.TryNext());
        Assert.Equal("lines 2 to 3 were", lines.Describe());

        string Next() => Encoding.UTF8.GetString(lines.TryNext()!.Value.Span);
    }

    [Fact]
    public void UnacknowledgedLines_OfWhichOneIsTooBig_GoOneAtATimeUntilItIsFound()
    {
        var lines = new UnacknowledgedLines("key", null);
        for (var i = 0; i < 3; i++)
        {
            lines.Add(new ReadOnlySequence<byte>("x"u8.ToArray()));
        }

        Assert.Null(lines.FoundTooBig());
        lines.SendAgain();
        Assert.True(lines.HasRoom(10, 1000));
        lines.TryNext();
        Assert.False(lines.HasRoom(10, 1000));
        lines.Answered();
        Assert.True(lines.HasRoom(10, 1000));
        lines.TryNext();

        Assert.Equal(2, lines.FoundTooBig());
        Assert.Equal(3, lines.First);
    }

    [Fact]
    public void PublishReport_OfALineThatCameLate_CountsIt()
    {
        var report = new PublishReport("a", false, _ => true, _ => { });

        report.Acknowledged(1, "e-5");
        report.Acknowledged(2, "e-4");
        report.Acknowledged(3, "f-1");

        Assert.Equal((3L, 1L), (report.Published, report.Late));
    }

    private static string Line(ReadOnlySpan<byte> line, string? type)
    {
        var output = new ArrayBufferWriter<byte>();
        PublishJson.WriteLine(output, line, type, "k-7", 7);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Gives what it has and then an error.</summary>
    private sealed class Broken(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new IOException("out of order");
    }
}
