using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Conformance.Clients;

/// <summary>What came: a message, or what else the form says.</summary>
/// <param name="Event">Its kind; <c>message</c> where the form has no others.</param>
/// <param name="Body">The message's bytes.</param>
/// <param name="IsText">Whether it came as text; null where the form does not tell.</param>
/// <param name="Id">Its id, where the form has one.</param>
/// <param name="Type">Its type, where the form has one.</param>
/// <param name="Json">The object that said it, where one did.</param>
internal sealed record Received(string Event, byte[] Body, bool? IsText = null, string? Id = null, string? Type = null, JsonElement Json = default)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A subscription in one of the forms, which reads what comes.</summary>
internal abstract class Subscription : IDisposable
{
    /// <summary>All forms of a stream.</summary>
    public static readonly string[] Forms = ["raw", "json", "sse", "ws", "gateway.json", "tail"];

    /// <summary>Those that carry ids, and say gaps and ends in band.</summary>
    public static readonly string[] FormsWithIds = ["json", "sse", "gateway.json"];

    public static async Task<Subscription> Open(Uri node, string channel, string form, string query = "", params string[] headers)
    {
        if (form is "ws" or "gateway.json")
        {
            return await SocketSubscription.Open(node, $"/{channel}?{query}", form == "gateway.json", headers);
        }

        var connection = await Connection.Open(node, [$"GET /{channel}?as={form}&{query} HTTP/1.1", $"Host: {node.Authority}", .. headers]);
        var head = await connection.ReadHead();
        Assert.Equal("HTTP/1.1 200 OK", head.StatusLine);
        var body = connection.BodyOf(head);
        Subscription subscription = form switch
        {
            "json" => new JsonSubscription(connection, head, body),
            "sse" => new SseSubscription(connection, head, body),
            "tail" => new TailSubscription(connection, head, body),
            _ => new RawSubscription(connection, head, body),
        };
        await subscription.Begin();
        return subscription;
    }

    /// <summary>A header of the answer that opened it.</summary>
    public abstract string? this[string header] { get; }

    /// <summary>What comes next.</summary>
    /// <param name="length">How long the message is, for the form that does not say.</param>
    public abstract Task<Received> Next(int length);

    /// <summary>The next message, a short text in one line.</summary>
    public async Task<string> NextText()
    {
        Received next;
        do
        {
            next = await Next(-1);
        }
        while (next.Event is "open" or "keepalive");
        Assert.Equal("message", next.Event == "binary" ? "message" : next.Event);
        return next.Text;
    }

    /// <summary>The next event of this kind; the others before it are passed over.</summary>
    public async Task<Received> NextEvent(string name)
    {
        // One deadline for all: keep-alives and numbers come for ever.
        return await Find().WaitAsync(Connection.Patience);

        async Task<Received> Find()
        {
            while (true)
            {
                if (await Next(-1) is var next && next.Event == name)
                {
                    return next;
                }
            }
        }
    }

    public abstract void Dispose();

    /// <summary>Reads what the form begins with, where it is no event.</summary>
    protected virtual Task Begin() => Task.CompletedTask;
}

/// <summary>One over a chunked answer.</summary>
internal abstract class HttpSubscription(Connection connection, Head head, Stream body) : Subscription
{
    public override string? this[string header] => head[header];

    protected Stream Body { get; } = body;

    public override void Dispose() => connection.Dispose();

    protected async Task<byte[]> ReadExactly(int count)
    {
        var bytes = new byte[count];
        await Body.ReadExactlyAsync(bytes);
        return bytes;
    }

    /// <summary>Reads up to a newline, which is left off.</summary>
    protected async Task<byte[]> ReadLine()
    {
        var line = new List<byte>();
        while (await ReadExactly(1) is [not (byte)'\n' and var next])
        {
            line.Add(next);
        }

        return [.. line];
    }
}

internal sealed class RawSubscription(Connection connection, Head head, Stream body) : HttpSubscription(connection, head, body)
{
    public override async Task<Received> Next(int length)
    {
        if (length >= 0)
        {
            var message = await ReadExactly(length + 1);
            Assert.Equal((byte)'\n', message[^1]);
            return new Received("message", message[..^1]);
        }

        var line = Array.Empty<byte>();
        while (line.Length == 0)
        {
            line = await ReadLine();
        }

        return new Received("message", line);
    }

    protected override async Task Begin() => Assert.Equal("\n"u8.ToArray(), await ReadExactly(1));
}

internal sealed class JsonSubscription(Connection connection, Head head, Stream body) : HttpSubscription(connection, head, body)
{
    public override async Task<Received> Next(int length) => Parse(await ReadLine());

    public static Received Parse(byte[] line)
    {
        var json = JsonDocument.Parse(line).RootElement;
        var isText = !json.TryGetProperty("encoding", out var encoding);
        Assert.True(isText || encoding.GetString() == "base64");
        var data = json.TryGetProperty("data", out var said) ? said.GetString()! : string.Empty;
        return new Received(
            json.GetProperty("event").GetString()!,
            isText ? Encoding.UTF8.GetBytes(data) : Convert.FromBase64String(data),
            isText,
            json.TryGetProperty("id", out var id) ? id.GetString() : null,
            json.TryGetProperty("type", out var type) ? type.GetString() : null,
            json);
    }
}

internal sealed class SseSubscription(Connection connection, Head head, Stream body) : HttpSubscription(connection, head, body)
{
    private readonly IAsyncEnumerator<SseItem<string>> _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();

    public override async Task<Received> Next(int length)
    {
        Assert.True(await _events.MoveNextAsync(), "the stream ended");
        var item = _events.Current;
        return item.EventType switch
        {
            "message" => new Received("message", Encoding.UTF8.GetBytes(item.Data), true, item.EventId),
            "binary" => new Received("message", Convert.FromBase64String(item.Data), false, item.EventId),
            _ => new Received(item.EventType, [], null, item.EventId, null, JsonDocument.Parse(item.Data).RootElement),
        };
    }
}

internal sealed class TailSubscription(Connection connection, Head head, Stream body) : HttpSubscription(connection, head, body)
{
    private readonly string _boundary = "--" + head["Content-Type"]!.Split("boundary=")[1].Trim('"');

    public override async Task<Received> Next(int length)
    {
        string? type = null;
        var size = -1;
        while (await ReadCrLf() is { Length: > 0 } line)
        {
            var (name, value) = (line.Split(": ")[0], line.Split(": ")[1]);
            (type, size) = name == "Content-Type" ? (value, size) : name == "Content-Length" ? (type, int.Parse(value)) : throw new InvalidDataException(line);
        }

        var message = await ReadExactly(size);
        Assert.Equal(string.Empty, await ReadCrLf());
        Assert.Equal(_boundary, await ReadCrLf());
        return new Received("message", message, null, null, type);
    }

    protected override async Task Begin() => Assert.Equal(_boundary, await ReadCrLf());

    private async Task<string> ReadCrLf()
    {
        var line = Encoding.ASCII.GetString(await ReadLine());
        Assert.EndsWith("\r", line, StringComparison.Ordinal);
        return line[..^1];
    }
}

/// <summary>One over .NET's own WebSocket client.</summary>
internal sealed class SocketSubscription : Subscription
{
    private readonly ClientWebSocket _socket = new();
    private readonly bool _isJson;

    private SocketSubscription(bool isJson) => _isJson = isJson;

    public override string? this[string header] =>
        _socket.HttpResponseHeaders!.TryGetValue(header, out var values) ? string.Join(", ", values) : null;

    /// <summary>The code and the reason with which the server closed.</summary>
    public (int? Code, string? Reason) Closed => ((int?)_socket.CloseStatus, _socket.CloseStatusDescription);

    public static async Task<SocketSubscription> Open(Uri node, string target, bool isJson, params string[] headers)
    {
        var subscription = new SocketSubscription(isJson);
        subscription._socket.Options.CollectHttpResponseDetails = true;
        foreach (var header in headers)
        {
            subscription._socket.Options.SetRequestHeader(header.Split(": ")[0], header.Split(": ", 2)[1]);
        }

        if (isJson)
        {
            subscription._socket.Options.AddSubProtocol("gateway.json");
        }

        await subscription._socket.ConnectAsync(new Uri($"ws://{node.Authority}{target}"), CancellationToken.None).WaitAsync(Connection.Patience);
        Assert.Equal(isJson ? "gateway.json" : null, subscription._socket.SubProtocol);
        return subscription;
    }

    public Task Send(string text) => Send(Encoding.UTF8.GetBytes(text), isText: true);

    public Task Send(byte[] message, bool isText) =>
        _socket.SendAsync(message, isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).WaitAsync(Connection.Patience);

    public override async Task<Received> Next(int length)
    {
        var (buffer, message) = (new byte[16 * 1024], new MemoryStream());
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Connection.Patience);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        if (received.MessageType == WebSocketMessageType.Close)
        {
            return new Received("close", []);
        }

        return _isJson ? JsonSubscription.Parse(message.ToArray()) : new Received("message", message.ToArray(), received.MessageType == WebSocketMessageType.Text);
    }

    public override void Dispose() => _socket.Dispose();
}
