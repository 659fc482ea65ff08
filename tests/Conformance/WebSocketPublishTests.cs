using System.Text;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Subscribe: what a WebSocket's client sends is published.</summary>
public sealed class WebSocketPublishTests : ConformanceTest
{
    [Theory(DisplayName = "A WebSocket client that sends a message publishes it, text as text/plain; charset=utf-8, binary as application/octet-stream")]
    [InlineData("hello", true, "text/plain; charset=utf-8")]
    [InlineData("", true, "text/plain; charset=utf-8")]
    [InlineData("é😀", true, "text/plain; charset=utf-8")]
    [InlineData("letters", false, "application/octet-stream")]
    [InlineData("", false, "application/octet-stream")]
    [InlineData("{\"publish\":\"x\"}", true, "text/plain; charset=utf-8")]
    public async Task Message_OfAClient_IsPublished(string text, bool isText, string type)
    {
        using var other = await Subscription.Open(B, Channel, "json");
        await other.NextEvent("open");
        using var socket = await SocketSubscription.Open(A, $"/{Channel}", isJson: false);
        await socket.Send(Encoding.UTF8.GetBytes(text), isText);
        var echo = await socket.Next(-1);
        Assert.Equal((text, isText), (echo.Text, echo.IsText));
        var read = await other.NextEvent("message");
        Assert.Equal((text, isText, type), (read.Text, read.IsText, read.Type));
    }

    [Fact(DisplayName = "… unless ?publish=0; where it may not, close 1008")]
    public async Task Message_AlthoughItSaidPublish0_ClosesWith1008()
    {
        using var socket = await SocketSubscription.Open(A, $"/{Channel}?publish=0", isJson: false);
        await socket.Send("x");
        Assert.Equal("close", (await socket.Next(-1)).Event);
        Assert.Equal(1008, socket.Closed.Code);
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "Where it may not publish, close 1008: a channel of the gateway")]
    [InlineData("numbers")]
    [InlineData("announce")]
    public async Task Message_ToAChannelOfTheGateway_ClosesWith1008(string channel)
    {
        using var frames = await FrameClient.Open(A, $"/{channel}");
        await frames.Send(FrameClient.Frame(FrameClient.Final | FrameClient.Text, "7"));
        Assert.Equal(1008, (await frames.ReadClose()).Code);
    }

    [Fact(DisplayName = "Messages of one connection are published in their order")]
    public async Task Messages_OfOneConnection_KeepTheirOrder()
    {
        using var socket = await SocketSubscription.Open(A, $"/{Channel}", isJson: false);
        for (var i = 0; i < 300; i++)
        {
            await socket.Send($"{i}");
        }

        for (var i = 0; i < 300; i++)
        {
            Assert.Equal($"{i}", (await socket.Next(-1)).Text);
        }
    }
}

/// <summary>Contract, part 1: Subscribe: the subprotocol <c>gateway.json</c>.</summary>
public sealed class GatewayJsonTests : ConformanceTest
{
    public static TheoryData<string, string, string?, string> Publishes => new()
    {
        { """{"publish":"x"}""", "x", null, "text/plain; charset=utf-8" },
        { """{"publish":""}""", "", null, "text/plain; charset=utf-8" },
        { """{"publish":"x","ref":7}""", "x", "7", "text/plain; charset=utf-8" },
        { """{"publish":"x","ref":"seven"}""", "x", "\"seven\"", "text/plain; charset=utf-8" },
        { """{"publish":"x","ref":""}""", "x", "\"\"", "text/plain; charset=utf-8" },
        { """{"publish":"x","ref":-1.5e3}""", "x", "-1.5e3", "text/plain; charset=utf-8" },
        { """{"ref":null,"publish":"x","type":null,"encoding":null,"key":null,"channel":null}""", "x", null, "text/plain; charset=utf-8" },
        { """{"publish":"é\ud83d\ude00\n\u0000"}""", "é😀\n\0", null, "text/plain; charset=utf-8" },
        { """{"publish":"{}","type":"application/json","ref":1}""", "{}", "1", "application/json" },
        { """{"publish":"aGk=","encoding":"base64","ref":1}""", "hi", "1", "application/octet-stream" },
        { """{"publish":"","encoding":"base64"}""", "", null, "application/octet-stream" },
        { """{"publish":"aGk=","encoding":"base64","type":"text/plain"}""", "hi", null, "text/plain" },
        { """  { "publish" : "x" , "ref" : 1 }  """, "x", "1", "text/plain; charset=utf-8" },
        { """{"publish":"x","channel":"{channel}","ref":1}""", "x", "1", "text/plain; charset=utf-8" },
    };

    public static TheoryData<string, int, string?, string> Errors => new()
    {
        { "hello", 400, null, "JSON object" },
        { "", 400, null, "JSON object" },
        { "[]", 400, null, "JSON object" },
        { "\"x\"", 400, null, "JSON object" },
        { """{"publish":"x"} {}""", 400, null, "JSON object" },
        { "{}", 400, null, "'publish' is missing" },
        { """{"ref":1}""", 400, "1", "'publish' is missing" },
        { """{"publish":1,"ref":"r"}""", 400, "\"r\"", "'publish' is a string" },
        { """{"publish":null,"ref":"r"}""", 400, "\"r\"", "'publish' is a string" },
        { """{"publish":{},"ref":"r"}""", 400, "\"r\"", "'publish' is a string" },
        { """{"publish":"x","ref":{}}""", 400, null, "'ref' is" },
        { """{"publish":"x","ref":true}""", 400, null, "'ref' is" },
        { """{"publish":"x","ref":"{300}"}""", 400, null, "'ref' is" },
        { """{"publish":"x","channel":"other","ref":2}""", 400, "2", "'other'" },
        { """{"publish":"x","channel":7,"ref":2}""", 400, "2", "'channel' is a string" },
        { """{"publish":"x","encoding":"gzip","ref":2}""", 400, "2", "base64" },
        { """{"publish":"%","encoding":"base64","ref":2}""", 400, "2", "base64" },
        { """{"publish":"x","type":"","ref":2}""", 400, "2", "'type' is" },
        { """{"publish":"x","type":"text/é","ref":2}""", 400, "2", "'type' is" },
        { """{"publish":"x","key":"","ref":2}""", 400, "2", "A key" },
        { """{"publish":"x","key":"é","ref":2}""", 400, "2", "A key" },
        { """{"publish":"x","typ":"text/plain","ref":2}""", 400, "2", "'typ'" },
        { """{"publish":"\ud83d","ref":2}""", 400, "2", "Unicode" },
        { """{"publish":"{1048577}","ref":2}""", 413, "2", "1048576 bytes" },
    };

    [Theory(DisplayName = "It sends {\"publish\":\"data\",\"channel\"?,\"type\"?,\"encoding\"?,\"key\"?,\"ref\"?} and gets {\"event\":\"ack\",\"ref\",\"id\"}")]
    [MemberData(nameof(Publishes))]
    public async Task Publish_OfAClient_IsAcknowledged(string text, string data, string? reference, string type)
    {
        using var socket = await Open(A);
        await socket.Send(text.Replace("{channel}", Channel, StringComparison.Ordinal));
        var came = new[] { await socket.Next(-1), await socket.Next(-1) };
        var (ack, message) = (came.Single(x => x.Event == "ack"), came.Single(x => x.Event == "message"));
        Assert.Equal(reference is null ? ["event", "id"] : new[] { "event", "ref", "id" }, ack.Json.EnumerateObject().Select(x => x.Name));
        Assert.Equal(reference, reference is null ? null : ack.Json.GetProperty("ref").GetRawText());
        Assert.Equal((message.Id, data, type), (ack.Id, message.Text, message.Type));
        var read = Assert.Single((await Http.Get(B, $"/{Channel}?poll=1")).Lines);
        Assert.Equal((ack.Id, type), (read.GetProperty("id").GetString(), read.GetProperty("type").GetString()));
    }

    [Theory(DisplayName = "… or {\"event\":\"error\",\"ref\",\"status\",\"detail\"}; after an error the connection goes on")]
    [MemberData(nameof(Errors))]
    public async Task Publish_Wrong_IsAnError(string text, int status, string? reference, string detail)
    {
        using var socket = await Open(A);
        foreach (var size in new[] { 300, 1_048_577 })
        {
            text = text.Replace($"{{{size}}}", new string('x', size), StringComparison.Ordinal);
        }

        await socket.Send(text);
        var error = await socket.Next(-1);
        Assert.Equal(reference is null ? ["event", "status", "detail"] : new[] { "event", "ref", "status", "detail" }, error.Json.EnumerateObject().Select(x => x.Name));
        Assert.Equal(("error", status), (error.Event, error.Json.GetProperty("status").GetInt32()));
        Assert.Equal(reference, reference is null ? null : error.Json.GetProperty("ref").GetRawText());
        Assert.Contains(detail, error.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await socket.Send("""{"publish":"then"}""");
        Assert.Equal("then", (await socket.NextEvent("message")).Text);
        Assert.Equal(["then"], await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "A binary message is an error, and the connection goes on")]
    public async Task Publish_Binary_IsAnError()
    {
        using var socket = await Open(A);
        await socket.Send("{}"u8.ToArray(), isText: false);
        Assert.Equal(400, (await socket.NextEvent("error")).Json.GetProperty("status").GetInt32());
        await socket.Send("""{"publish":"then"}""");
        Assert.Equal("then", (await socket.NextEvent("message")).Text);
    }

    [Fact(DisplayName = "key: a retry, also over another transport, publishes nothing and gets the first id; another body is 422")]
    public async Task Key_SentAgain_GetsTheFirstId()
    {
        using var socket = await Open(A);
        await socket.Send("""{"publish":"once","key":"k","ref":1}""");
        var first = await socket.NextEvent("ack");
        using var other = await Open(B);
        await other.Send("""{"publish":"once","key":"k","ref":2}""");
        Assert.Equal(first.Id, (await other.NextEvent("ack")).Id);
        Assert.Equal(first.Id, await Http.Publish(C, Channel, "once", "Content-Type: text/plain; charset=utf-8", "Idempotency-Key: k"));
        await other.Send("""{"publish":"twice","key":"k","ref":3}""");
        var error = await other.NextEvent("error");
        Assert.Equal((3, 422), (error.Json.GetProperty("ref").GetInt32(), error.Json.GetProperty("status").GetInt32()));
        Assert.Equal(["once"], await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "Answers come in the order of what they answer, and messages in the order in which they were sent")]
    public async Task Publish_ManyWithoutWaiting_AreAnsweredInOrder()
    {
        const int Count = 500;
        using var socket = await Open(A);
        var receiving = Task.Run(async () =>
        {
            var events = new List<Received>();
            while (events.Count < 2 * Count)
            {
                events.Add(await socket.Next(-1));
            }

            return events;
        });
        for (var i = 0; i < Count; i++)
        {
            await socket.Send($$"""{"publish":"{{i}}","ref":{{i}},"key":"k{{i}}"}""");
        }

        var events = await receiving;
        var (acks, messages) = (events.Where(x => x.Event == "ack").ToList(), events.Where(x => x.Event == "message").ToList());
        Assert.Equal(Enumerable.Range(0, Count), acks.Select(x => x.Json.GetProperty("ref").GetInt32()));
        Assert.Equal(Enumerable.Range(0, Count).Select(x => $"{x}"), messages.Select(x => x.Text));
        Assert.Equal(messages.Select(x => x.Id), acks.Select(x => x.Id));
    }

    [Theory(DisplayName = "Where it may not publish it gets the error and then close 1008")]
    [InlineData("{channel}?publish=0")]
    [InlineData("numbers")]
    public async Task Publish_WhereItMayNot_IsAnErrorAndClose1008(string target)
    {
        using var socket = await Open(A, target.Replace("{channel}", Channel, StringComparison.Ordinal));
        await socket.Send("""{"publish":"7","ref":1}""");
        var error = await socket.NextEvent("error");
        Assert.Equal((1, 403), (error.Json.GetProperty("ref").GetInt32(), error.Json.GetProperty("status").GetInt32()));
        await socket.NextEvent("close");
        Assert.Equal(1008, socket.Closed.Code);
    }

    [Fact(DisplayName = "channel where it subscribes to several: it is needed then, and is one of them")]
    public async Task Publish_ToOneOfSeveral_NamesIt()
    {
        using var socket = await Open(A, $"{Channel}/a,{Channel}/s/*");
        await socket.Send($$"""{"publish":"x","channel":"{{Channel}}/s/new","ref":1}""");
        var came = new[] { await socket.Next(-1), await socket.Next(-1) };
        Assert.Equal(["ack", "message"], came.Select(x => x.Event).Order(StringComparer.Ordinal));
        Assert.Equal($"{Channel}/s/new", came.Single(x => x.Event == "message").Json.GetProperty("channel").GetString());
        var read = Assert.Single((await Http.Get(B, $"/{Channel}/s/new?poll=1")).Lines);
        Assert.Equal(("x", came.Single(x => x.Event == "ack").Id), (read.GetProperty("data").GetString(), read.GetProperty("id").GetString()));
        foreach (var (channel, detail) in new[] { ("null", "'channel' is missing"), ($"\"{Channel}/b\"", $"'{Channel}/b'"), ($"\"{Channel}/s/*\"", "'*'") })
        {
            await socket.Send($$"""{"publish":"x","channel":{{channel}},"ref":2}""");
            var error = await socket.NextEvent("error");
            Assert.Equal((2, 400), (error.Json.GetProperty("ref").GetInt32(), error.Json.GetProperty("status").GetInt32()));
            Assert.Contains(detail, error.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    private async Task<SocketSubscription> Open(Uri node, string? target = null)
    {
        var socket = await SocketSubscription.Open(node, $"/{target ?? Channel}", isJson: true);
        Assert.Equal("open", (await socket.Next(-1)).Event);
        return socket;
    }
}
