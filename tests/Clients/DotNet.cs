using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Clients;

/// <summary>What a .NET program writes to follow a channel: each goes on at the next node, after the last message that came, when a node is gone.</summary>
internal static class DotNet
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public static async Task Json(string channel, Uri[] nodes, Action<Message?> show, CancellationToken stop)
    {
        var last = "all";
        await OnEachNode(nodes, async node =>
        {
            using var answer = await Get(new Uri(node, channel), "application/x-ndjson", last, stop);
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
            while (await lines.ReadLineAsync(stop) is { } line)
            {
                using var json = JsonDocument.Parse(line);
                show(Message.ParseEvent(json.RootElement));
                last = json.RootElement.TryGetProperty("id", out var id) ? id.GetString()! : last;
            }
        }, stop);
    }

    public static async Task ServerSentEvents(string channel, Uri[] nodes, Action<Message?> show, CancellationToken stop)
    {
        var last = "all";
        await OnEachNode(nodes, async node =>
        {
            using var answer = await Get(new Uri(node, channel), "text/event-stream", last, stop);
            var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(stop));
            await foreach (var item in events.EnumerateAsync(stop))
            {
                show(item.EventType switch
                {
                    "message" => new Message(item.Data),
                    "binary" => new Message(item.Data, IsBinary: true),
                    "gap" => Message.Gap,
                    _ => null,
                });
                last = events.LastEventId;
            }
        }, stop);
    }

    public static async Task Socket(string channel, Uri[] nodes, Action<Message?> show, CancellationToken stop)
    {
        var last = "all";
        await OnEachNode(nodes, async node =>
        {
            using var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("gateway.json");
            await socket.ConnectAsync(new Uri($"ws://{node.Authority}/{channel}?since={last}"), stop);
            while (await Receive(socket, stop) is { } received)
            {
                using var json = JsonDocument.Parse(received.Bytes);
                show(Message.ParseEvent(json.RootElement));
                last = json.RootElement.TryGetProperty("id", out var id) ? id.GetString()! : last;
            }
        }, stop);
    }

    /// <summary>Plain: without ids it cannot resume.</summary>
    public static async Task PlainSocket(string channel, Uri node, Action<Message?> show, CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{node.Authority}/{channel}?since=all"), stop);
        while (await Receive(socket, stop) is { } received)
        {
            show(received.IsText ? new Message(Encoding.UTF8.GetString(received.Bytes)) : Message.Binary(received.Bytes));
        }
    }

    /// <summary>Publishes by a plain WebSocket.</summary>
    public static async Task PublishBySocket(string channel, Uri node, IEnumerable<Message> messages)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{node.Authority}/{channel}?since=none"), CancellationToken.None);
        foreach (var message in messages)
        {
            await socket.SendAsync(message.Bytes, message.IsBinary ? WebSocketMessageType.Binary : WebSocketMessageType.Text, true, CancellationToken.None);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    /// <summary>Publishes by POST.</summary>
    public static async Task Publish(string channel, Uri node, IEnumerable<Message> messages)
    {
        foreach (var message in messages)
        {
            using HttpContent body = message.IsBinary ? new ByteArrayContent(message.Bytes) : new StringContent(message.Text);
            using var answer = await Http.PostAsync(new Uri(node, channel), body);
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>All that the channel keeps.</summary>
    public static async Task<List<Message>> Poll(string channel, Uri node)
    {
        var lines = await Http.GetStringAsync(new Uri(node, $"{channel}?poll=1"));
        return [.. lines.Split('\n').Select(Message.Parse).OfType<Message>()];
    }

    private static async Task OnEachNode(Uri[] nodes, Func<Uri, Task> follow, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await follow(nodes[attempt % nodes.Length]);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or WebSocketException && !stop.IsCancellationRequested)
            {
                // The node is gone.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), stop);
        }
    }

    private static async Task<HttpResponseMessage> Get(Uri address, string accept, string last, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        request.Headers.Add("Last-Event-ID", last);
        return (await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop)).EnsureSuccessStatusCode();
    }

    private static async Task<(byte[] Bytes, bool IsText)?> Receive(ClientWebSocket socket, CancellationToken stop)
    {
        var (message, buffer) = (new MemoryStream(), new byte[4096]);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, stop);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return (message.ToArray(), part.MessageType == WebSocketMessageType.Text);
            }
        }
    }
}
