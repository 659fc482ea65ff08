using System.Text;

namespace OrleansGateway.Tests.Conformance.WebSockets;

/// <summary>RFC 6455, section 5: framing, fragmentation and control frames; the numbers are those of the RFC's sections.</summary>
public sealed class FrameTests : ConformanceTest
{
    private const int Limit = 1024 * 1024;
    private const byte Fin = FrameClient.Final;
    private const byte Continuation = FrameClient.Continuation;
    private const byte Text = FrameClient.Text;
    private const byte Binary = FrameClient.Binary;
    private const byte Close = FrameClient.Close;
    private const byte Ping = FrameClient.Ping;
    private const byte Pong = FrameClient.Pong;

    private static readonly List<(string Violation, int Code, byte[] Bytes)> Cases = MakeCases();

    public static TheoryData<int> Lengths => [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, Limit - 1, Limit];

    /// <summary>What breaks the protocol, and what it is answered with. The bytes are found by name: some are too many for a row.</summary>
    public static TheoryData<string, int> Violations
    {
        get
        {
            var rows = new TheoryData<string, int>();
            Cases.ForEach(x => rows.Add(x.Violation, x.Code));
            return rows;
        }
    }

    [Theory(DisplayName = "5.2: a message of each length of the three encodings, up to the limit, is published and comes back")]
    [MemberData(nameof(Lengths))]
    public async Task Message_OfALength_ComesBack(int length)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        var text = new string('*', length);
        await frames.Send(FrameClient.Frame(Fin | Text, text));
        Assert.Equal((Fin | Text, text), await frames.ReadText());
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        await frames.Send(FrameClient.Frame(Fin | Binary, bytes));
        var (first, payload) = await frames.Read();
        Assert.Equal(Fin | Binary, first);
        Assert.True(bytes.AsSpan().SequenceEqual(payload));
    }

    [Theory(DisplayName = "5.2: however the bytes of frames are split")]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(997)]
    public async Task Message_InPieces_ComesBack(int size)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        var text = string.Concat(Enumerable.Repeat("é😀x", 30));
        await frames.SendInPieces([.. FrameClient.Frame(Fin | Text, text), .. FrameClient.Frame(Fin | Text, "next")], size);
        Assert.Equal((Fin | Text, text), await frames.ReadText());
        Assert.Equal((Fin | Text, "next"), await frames.ReadText());
    }

    [Theory(DisplayName = "5.4: a message in fragments is one message, empty ones too")]
    [InlineData("a", "b")]
    [InlineData("", "x")]
    [InlineData("x", "")]
    [InlineData("", "")]
    [InlineData("a", "", "", "b", "")]
    [InlineData("1", "2", "3", "4", "5", "6", "7", "8", "9")]
    public async Task Fragments_OfAMessage_AreOneMessage(params string[] parts)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        foreach (var opcode in new[] { Text, Binary })
        {
            await frames.Send([.. parts.Select((part, i) => FrameClient.Frame((i == 0 ? opcode : Continuation) | (i == parts.Length - 1 ? Fin : 0), part))]);
            Assert.Equal((Fin | opcode, string.Concat(parts)), await frames.ReadText());
        }
    }

    [Fact(DisplayName = "5.4: control frames between the fragments of a message are answered at once")]
    public async Task ControlFrames_BetweenFragments_AreAnswered()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Text, "a"), FrameClient.Frame(Fin | Ping, "one"), FrameClient.Frame(Continuation, "b"), FrameClient.Frame(Fin | Pong, "x"), FrameClient.Frame(Fin | Ping, "two"));
        Assert.Equal((Fin | Pong, "one"), await frames.ReadText());
        Assert.Equal((Fin | Pong, "two"), await frames.ReadText());
        await frames.Send(FrameClient.Frame(Fin | Continuation, "c"));
        Assert.Equal((Fin | Text, "abc"), await frames.ReadText());
        await frames.Send(FrameClient.Frame(Text, "lost"), FrameClient.Frame(Fin | Close, [3, 232]));
        Assert.Equal(1000, (await frames.ReadClose()).Code);
        Assert.Equal(["abc"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "5.5.2: a ping of 0 to 125 bytes is answered with its bytes")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(124)]
    [InlineData(125)]
    public async Task Ping_OfALength_IsAnswered(int length)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        var payload = Enumerable.Range(0, length).Select(x => (byte)(255 - x)).ToArray();
        for (var i = 0; i < 10; i++)
        {
            await frames.Send(FrameClient.Frame(Fin | Ping, payload));
            var (first, answer) = await frames.Read();
            Assert.Equal(Fin | Pong, first);
            Assert.Equal(payload, answer);
        }
    }

    [Fact(DisplayName = "5.5.2: pings that came at once are answered in their order, at least the last of them")]
    public async Task Pings_AtOnce_AreAnswered()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send([.. Enumerable.Range(0, 20).Select(x => FrameClient.Frame(Fin | Ping, $"{x:00}"))]);
        var (seen, text) = (new List<string>(), string.Empty);
        while (text != "19")
        {
            (var first, text) = await frames.ReadText();
            Assert.Equal(Fin | Pong, first);
            seen.Add(text);
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
    }

    [Theory(DisplayName = "5.5.3: an unsolicited pong is not answered")]
    [InlineData("")]
    [InlineData("something")]
    public async Task Pong_Unsolicited_IsNotAnswered(string payload)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | Pong, payload), FrameClient.Frame(Fin | Ping, "after"));
        Assert.Equal((Fin | Pong, "after"), await frames.ReadText());
    }

    [Theory(DisplayName = "What breaks the protocol is closed with its code, and the connection ends")]
    [MemberData(nameof(Violations))]
    public async Task Frames_ThatBreakTheProtocol_AreClosed(string violation, int code)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(Cases.Single(x => x.Violation == violation).Bytes);
        Assert.True(code == (await frames.ReadClose()).Code, violation);

        // What came whole before is a message, and nothing else is.
        Assert.All(await Http.Texts(B, Channel), x => Assert.Equal("a", x));
    }

    [Fact(DisplayName = "Nobody else notices")]
    public async Task Frames_ThatBreakTheProtocol_DisturbNobody()
    {
        using var sse = await Subscription.Open(A, Channel, "sse");
        using var ws = await Subscription.Open(A, Channel, "ws");
        for (var i = 0; i < 20; i++)
        {
            using var frames = await FrameClient.Open(A, $"/{Channel}");
            await frames.Send(FrameClient.Frame(Fin | Text, $"{i}"), FrameClient.Frame(Fin | 0x70 | Text, "x"));
            Assert.Equal(1002, (await frames.ReadClose()).Code);
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"{i}", await sse.NextText());
            Assert.Equal($"{i}", await ws.NextText());
        }
    }

    private static List<(string Violation, int Code, byte[] Bytes)> MakeCases()
    {
        var cases = new List<(string, int, byte[])>
        {
            ("5.1: a frame that is not masked", 1002, [Fin | Text, 1, (byte)'x']),
            ("5.1: an empty frame that is not masked", 1002, [Fin | Text, 0]),
            ("5.1: a ping that is not masked", 1002, [Fin | Ping, 0]),
            ("5.1: a close that is not masked", 1002, [Fin | Close, 2, 3, 232]),
            ("5.1: a long frame that is not masked", 1002, [Fin | Binary, 126, 1, 0]),
            ("5.2: a length of 125 in 16 bits", 1002, [Fin | Binary, 0x80 | 126, 0, 125, 0, 0, 0, 0, .. new byte[125]]),
            ("5.2: a length of 65,535 in 64 bits", 1002, [Fin | Binary, 0x80 | 127, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, .. new byte[65_535]]),
            ("5.2: a length whose most significant bit is set", 1002, [Fin | Binary, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
            ("5.4: a continuation of nothing", 1002, FrameClient.Frame(Fin | Continuation, "x")),
            ("5.4: a continuation of nothing that is not the last", 1002, FrameClient.Frame(Continuation, "x")),
            ("5.4: a continuation after a whole message", 1002, [.. FrameClient.Frame(Fin | Text, "a"), .. FrameClient.Frame(Fin | Continuation, "x")]),
            ("5.4: a text within a fragmented text", 1002, [.. FrameClient.Frame(Text, "a"), .. FrameClient.Frame(Fin | Text, "b")]),
            ("5.4: a binary within a fragmented text", 1002, [.. FrameClient.Frame(Text, "a"), .. FrameClient.Frame(Binary, "b")]),
            ("5.4: a text within a fragmented text, after a ping", 1002, [.. FrameClient.Frame(Text, "a"), .. FrameClient.Frame(Fin | Ping, "p"), .. FrameClient.Frame(Text, "b")]),
            ("5.5: a ping of 126 bytes", 1002, FrameClient.Frame(Fin | Ping, new byte[126])),
            ("5.5: a pong of 126 bytes", 1002, FrameClient.Frame(Fin | Pong, new byte[126])),
            ("5.5: a close of 126 bytes", 1002, FrameClient.Frame(Fin | Close, [3, 232, .. new byte[124]])),
            ("5.5: a ping of 64 KiB", 1002, FrameClient.Announce(Fin | Ping, 65_536)),
            ("5.5: a fragmented ping", 1002, FrameClient.Frame(Ping, "x")),
            ("5.5: a fragmented pong", 1002, FrameClient.Frame(Pong, "x")),
            ("5.5: a fragmented close", 1002, FrameClient.Frame(Close, [3, 232])),
            ("8.1: text that is not UTF-8", 1007, FrameClient.Frame(Fin | Text, [0xff])),
            ("7.4: a message of more than the limit", 1009, FrameClient.Frame(Fin | Text, new byte[Limit + 1].Select(_ => (byte)'x').ToArray())),
            ("7.4: a message that says that it is longer than the limit", 1009, FrameClient.Announce(Fin | Text, Limit + 1)),
            ("7.4: a message that says that it is 2^62 bytes long", 1009, FrameClient.Announce(Fin | Binary, 1L << 62)),
            ("7.4: a message of more than the limit in fragments", 1009, [.. FrameClient.Frame(Binary, new byte[Limit / 2]), .. FrameClient.Frame(Continuation, new byte[Limit / 2]), .. FrameClient.Announce(Continuation, 1)]),
            ("7.4: a message without an end", 1009, [.. FrameClient.Frame(Text, string.Empty), .. Enumerable.Range(0, 5).SelectMany(_ => FrameClient.Frame(Continuation, new string('x', Limit / 4)))]),
        };
        foreach (var bit in new[] { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70 })
        {
            cases.Add(($"5.2: reserved bits {bit:x2} in a text", 1002, FrameClient.Frame(Fin | bit | Text, "x")));
            cases.Add(($"5.2: reserved bits {bit:x2} in a ping", 1002, FrameClient.Frame(Fin | bit | Ping, string.Empty)));
            cases.Add(($"5.2: reserved bits {bit:x2} in a continuation", 1002, [.. FrameClient.Frame(Text, "a"), .. FrameClient.Frame(Fin | bit | Continuation, "x")]));
            cases.Add(($"5.2: reserved bits {bit:x2} in a close", 1002, FrameClient.Frame(Fin | bit | Close, [3, 232])));
        }

        foreach (var opcode in new[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 })
        {
            cases.Add(($"5.2: reserved opcode {opcode}", 1002, FrameClient.Frame(Fin | opcode, string.Empty)));
            cases.Add(($"5.2: reserved opcode {opcode} with a payload, within a message", 1002, [.. FrameClient.Frame(Text, "a"), .. FrameClient.Frame(Fin | opcode, "x")]));
        }

        return cases;
    }
}

/// <summary>RFC 6455, sections 5.6 and 8.1: text is UTF-8.</summary>
public sealed class Utf8Tests : ConformanceTest
{
    private const byte Fin = FrameClient.Final;

    public static TheoryData<string> Valid =>
    [
        "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121", "cebae1bdb9cf83cebcceb5", "00", "7f", "c280", "dfbf", "e0a080", "efbfbf", "efbfbd", "ed9fbf", "ee8080",
        "f0908080", "f48fbfbf", "efbbbf", "f09f9880", "e28080e280a8",
    ];

    public static TheoryData<string> Invalid =>
    [
        "cebae1bdb9cf83cebcceb5eda080656469746564", "80", "bf", "8081", "c020", "c080", "c1bf", "c3", "e08080", "e09fbf", "e0", "e080", "e282", "eda080", "edbfbf", "eda080edb080",
        "f0808080", "f08fbfbf", "f0", "f09f98", "f4908080", "f5808080", "f888808080", "fc8480808080", "fe", "ff", "fefeffff", "c0af", "e080af", "61c3",
    ];

    [Theory(DisplayName = "Valid UTF-8 comes back, also when it is split over frames, and frames over packets, at every byte")]
    [MemberData(nameof(Valid))]
    public async Task Text_OfValidUtf8_ComesBack(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Text, bytes));
        await frames.Send(InFrames(bytes));
        await frames.SendByteByByte(InFrames(bytes));
        for (var i = 0; i < 3; i++)
        {
            var (first, payload) = await frames.Read();
            Assert.Equal(Fin | FrameClient.Text, first);
            Assert.Equal(bytes, payload);
        }
    }

    [Theory(DisplayName = "Invalid UTF-8 is 1007, in one frame, over frames, and over packets")]
    [MemberData(nameof(Invalid))]
    public async Task Text_OfInvalidUtf8_Is1007(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        foreach (var sent in new[] { FrameClient.Frame(Fin | FrameClient.Text, bytes), InFrames(bytes) })
        {
            using var whole = await FrameClient.Open(A, $"/{Channel}");
            await whole.Send(sent);
            Assert.Equal(1007, (await whole.ReadClose()).Code);
        }

        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "Fail fast: it is 1007 when the first wrong byte has come, before the end of the message")]
    [InlineData("61ff")]
    [InlineData("61c0")]
    [InlineData("61c328")]
    [InlineData("61eda0")]
    [InlineData("61f490")]
    [InlineData("61f5")]
    public async Task Text_OfInvalidUtf8_FailsFast(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        using var fragments = await FrameClient.Open(A, $"/{Channel}");
        await fragments.Send(FrameClient.Frame(FrameClient.Text, bytes));
        Assert.Equal(1007, (await fragments.ReadClose()).Code);

        // Within a frame that has not come whole.
        using var part = await FrameClient.Open(A, $"/{Channel}");
        await part.Send(FrameClient.Frame(Fin | FrameClient.Text, [.. bytes, .. new byte[100]])[..(6 + bytes.Length)]);
        Assert.Equal(1007, (await part.ReadClose()).Code);
    }

    [Fact(DisplayName = "A binary message may have any bytes, and what is no text within it is no text")]
    public async Task Binary_OfAnyBytes_ComesBack()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        var all = Enumerable.Range(0, 256).Select(x => (byte)x).ToArray();
        await frames.Send(FrameClient.Frame(FrameClient.Binary, all), FrameClient.Frame(Fin | FrameClient.Continuation, [0xff]), FrameClient.Frame(Fin | FrameClient.Text, "text"));
        Assert.Equal([.. all, 0xff], (await frames.Read()).Payload);
        Assert.Equal((Fin | FrameClient.Text, "text"), await frames.ReadText());
    }

    /// <summary>A byte a frame.</summary>
    private static byte[] InFrames(byte[] bytes) =>
        [.. bytes.SelectMany((x, i) => FrameClient.Frame((i == 0 ? FrameClient.Text : FrameClient.Continuation) | (i == bytes.Length - 1 ? Fin : 0), [x]))];
}

/// <summary>RFC 6455, section 7: closing.</summary>
public sealed class CloseTests : ConformanceTest
{
    private const byte Fin = FrameClient.Final;

    public static TheoryData<int> Valid => [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];

    public static TheoryData<int> Invalid => [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

    [Theory(DisplayName = "7.4: a close with a code that may be sent is answered with it")]
    [MemberData(nameof(Valid))]
    public async Task Close_WithAValidCode_IsAnsweredWithIt(int code)
    {
        foreach (var reason in new[] { string.Empty, "because of é😀", new string('*', 123) })
        {
            using var frames = await FrameClient.Open(A, $"/{Channel}");
            await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]));
            Assert.Equal(code, (await frames.ReadClose()).Code);
        }
    }

    [Theory(DisplayName = "7.4: a close with a code that may not be sent is 1002")]
    [MemberData(nameof(Invalid))]
    public async Task Close_WithAnInvalidCode_Is1002(int code)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, [(byte)(code >> 8), (byte)code]));
        Assert.Equal(1002, (await frames.ReadClose()).Code);
    }

    [Fact(DisplayName = "5.5.1: a close without a code is answered with one without, or with 1000")]
    public async Task Close_WithoutACode_IsAnswered()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, []));
        Assert.Contains((await frames.ReadClose()).Code, new[] { 1000, 1005 });
    }

    [Fact(DisplayName = "5.5.1: a close of one byte is 1002")]
    public async Task Close_OfOneByte_Is1002()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, [3]));
        Assert.Equal(1002, (await frames.ReadClose()).Code);
    }

    [Theory(DisplayName = "5.5.1: a close whose reason is not UTF-8 is 1007")]
    [InlineData("ff")]
    [InlineData("61c3")]
    [InlineData("eda080")]
    public async Task Close_WithAReasonThatIsNoUtf8_Is1007(string hex)
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, [3, 232, .. Convert.FromHexString(hex)]));
        Assert.Equal(1007, (await frames.ReadClose()).Code);
    }

    [Fact(DisplayName = "5.5.1: what comes after a close is not looked at, neither messages nor pings nor another close")]
    public async Task Frames_AfterAClose_AreIgnored()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send(
            FrameClient.Frame(Fin | FrameClient.Close, [3, 232]),
            FrameClient.Frame(Fin | FrameClient.Text, "late"),
            FrameClient.Frame(Fin | FrameClient.Ping, "late"),
            FrameClient.Frame(Fin | FrameClient.Close, [3, 233]));
        var (first, payload) = await frames.Read();
        Assert.Equal(Fin | FrameClient.Close, first);
        Assert.Equal([3, 232], payload);
        Assert.Empty(await frames.ReadToEnd());
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "7.1.1: what was published before the close is published")]
    public async Task Messages_BeforeAClose_ArePublished()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await frames.Send([.. Enumerable.Range(0, 50).Select(x => FrameClient.Frame(Fin | FrameClient.Text, $"{x}")), FrameClient.Frame(Fin | FrameClient.Close, [3, 232])]);
        Assert.Equal(1000, (await frames.ReadClose()).Code);
        Assert.Equal(Enumerable.Range(0, 50).Select(x => $"{x}"), await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "7.1.1: the server closes the TCP connection after the closing handshake that it began")]
    public async Task Server_AfterItsClose_EndsTheConnection()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await Http.Send(B, "DELETE", $"/{Channel}", null);
        var (first, payload) = await frames.Read();
        Assert.Equal((Fin | FrameClient.Close, 1000), (first, (payload[0] << 8) | payload[1]));
        await frames.Send(FrameClient.Frame(Fin | FrameClient.Close, payload));
        Assert.Empty(await frames.ReadToEnd());
    }

    [Fact(DisplayName = "7.1.1: a client that never answers the server's close does not hold the connection")]
    public async Task Client_ThatNeverAnswersAClose_IsLetGo()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await Http.Send(B, "DELETE", $"/{Channel}", null);
        Assert.Equal(Fin | FrameClient.Close, (await frames.Read()).First);
        Assert.Empty(await frames.ReadToEnd());
    }
}
