using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>The OpenAPI document says what the nodes do: all of it was seen, and nothing else.</summary>
public sealed partial class OpenApiTests(ITestOutputHelper output) : IDisposable
{
    private const string Channel = "/{channel}";
    private const string Info = "/-/channels/{channel}";

    private const string Several = "/api/a,api/below/*";

    // How a node answers that is not ready yet is left to chance.
    private static readonly string[] NotTried = ["get /-/health/ready: 503", "get /-/health/ready: 503 as application/json; charset=utf-8", "head /-/health/ready: 503"];

    // A full disk is left to the tests of the log, and nobody knows how to bring about a fault of the gateway.
    private static readonly string[] ProblemsNotTried = ["failed", "storage-full"];

    // What only a WebSocket says, in an Answer, which has no type.
    private static readonly string[] OfWebSockets = ["may-not-publish", "message"];

    private static readonly (string Name, string Value)[] Handshake =
        [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")];

    private readonly HttpClient _http = new();
    private readonly SemaphoreSlim _checking = new(1);
    private readonly HashSet<string> _problems = new(StringComparer.Ordinal);
    private ApiDocument _document = null!;
    private Uri _node = null!;

    public void Dispose()
    {
        _http.Dispose();
        _checking.Dispose();
    }

    [Fact]
    public async Task Document_EveryAnswer_IsInItAndItHasNothingElse()
    {
        var state = Directory.CreateTempSubdirectory("gateway-api-").FullName;
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output, state: state) { Wrapper = ["env", "-C", state] };
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        _node = nodes.Address(1);
        _document = await ApiDocument.Parse(await _http.GetStringAsync(new Uri(_node, "/-/openapi.json")));

        await TryPublishing();
        await TrySubscribing();
        await TrySeveralChannels();
        await TryLooking();
        await TryWebSocket();
        await TryMalformed();
        await TryOtherMethods();
        await TryWhatCannotBeDoneNow(nodes, state);

        Assert.Equal(NotTried, _document.Unseen);
        Assert.Equal(_document.ProblemTypes.Order(StringComparer.Ordinal), _problems.Concat(ProblemsNotTried).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_Problems_AreThoseOfTheSources()
    {
        var sources = string.Concat(Directory.GetFiles(Path.Combine(NodeProcess.Root, "Frontend"), "*.cs", SearchOption.AllDirectories)
            .Where(x => !x.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var document = await ApiDocument.Parse(await File.ReadAllTextAsync(Path.Combine(NodeProcess.Root, "Frontend/Http/openapi.json")));
        var types = Kinds().Matches(sources).Select(x => x.Groups[1].Value).Except(OfWebSockets);
        Assert.Equal(document.ProblemTypes.Order(StringComparer.Ordinal), types.Order(StringComparer.Ordinal));
    }

    private async Task TryPublishing()
    {
        foreach (var method in new[] { "POST", "PUT" })
        {
            await Try(method, Channel, "/api/a", 200, "text");
            await Try(method, Channel, "/api/a", 200, "text", ("Accept", "application/json"));
            await Try(method, Channel, "/api/a?batch=1", 200, "{}\n[]\n", ("Content-Type", "application/x-ndjson"));
            await Try(method, Channel, "/api/a", 200, "keyed", ("Idempotency-Key", $"of {method}"));
            await Try(method, Channel, "/api/a", 422, "another", ("Idempotency-Key", $"of {method}"));
            await Try(method, Channel, "/api//a", 400, "x");
            await Try(method, Channel, "/api/a?batch=2", 400, "{}");
            await Try(method, Channel, "/api/a?batch=1", 400, "{", ("Content-Type", "application/x-ndjson"));
            await Try(method, Channel, "/api/a", 400, "x", ("Idempotency-Key", "\""));
            await Try(method, Channel, "/api/a", 400, "x", ("Content-Type", $"text/{new string('x', 1100)}"));
            await Try(method, Channel, "/numbers", 403, "1");
            await Try(method, Channel, "/api/a", 403, "x", ("Origin", "https://elsewhere.example"));
            await Try(method, Channel, "/api/a", 413, new string('x', (1024 * 1024) + 1));
            await Try(method, Channel, "/api/a?batch=1", 413, string.Concat(Enumerable.Repeat("1\n", 1001)), ("Content-Type", "application/x-ndjson"));
            await Try(method, Channel, "/api/a", 415, "x", ("Content-Encoding", "gzip"));
            await Try(method, Channel, "/api/a?batch=1", 415, "x", ("Content-Type", "text/plain"));
        }

        await Try("DELETE", Channel, "/api/nothing", 204);
        await Try("DELETE", Channel, "/api%2Fa", 400);
        await Try("DELETE", Channel, "/announce", 403);
    }

    private async Task TrySubscribing()
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            await Try(method, Channel, "/api/a?as=raw", 200);
            await Try(method, Channel, "/api/a?last_event_id=all", 200, null, 2, ("Accept", "application/x-ndjson"));
            await Try(method, Channel, "/api/a?as=sse&since=10m", 200, null, ("Last-Event-ID", "latest"));
            await Try(method, Channel, "/api/a?as=tail&render=svg", 200);
            await Try(method, Channel, "/api/a", 200, null, ("Accept", "text/html"));
            await Try(method, Channel, "/api/a?poll=1&wait=0s", 200, null, 8);
            await Try(method, Channel, "/api/a?as=ws&publish=0", 426);
            await Try(method, Channel, "/api/a", 426, null, [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "8")]);
            await Try(method, Channel, "/api/a", 403, null, [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Origin", "https://elsewhere.example")]);
            await Try(method, Channel, "/api/a", 406, null, ("Accept", "application/pdf"));
            foreach (var wrong in new[] { "as=telegraph", "since=yesterday", "poll=2", "poll=1&wait=long", "render=svg" })
            {
                await Try(method, Channel, $"/api/a?{wrong}", 400);
            }
        }

        await Try("GET", Channel, "/api/a?as=raw&since=zzzz-1", 200);
        await Try("GET", Channel, "/api/a?poll=1&since=zzzz-1", 200, null, 9);
        await Try("GET", Channel, $"/api/a?poll=1&since={await LastId()}&wait=1s", 204);
        await Try("OPTIONS", Channel, "/api/a", 204);
        await Try("OPTIONS", Channel, "/api//a", 400);
    }

    private async Task TrySeveralChannels()
    {
        await Try("POST", Channel, "/api/below/b", 200, "text");
        using var poll = await _http.GetAsync(new Uri(_node, $"{Several}?poll=1"));
        var cursor = poll.Headers.GetValues("Last-Event-ID").Single();
        var idOfOne = await LastId();
        foreach (var method in new[] { "GET", "HEAD" })
        {
            await Try(method, Channel, Several, 200, null, 2, ("Last-Event-ID", "all"));
            await Try(method, Channel, "/*", 200);
            await Try(method, Channel, $"{Several}?since={cursor}", 200, null, ("Accept", "text/event-stream"));
            await Try(method, Channel, $"{Several}?poll=1", 200, null, 8);
            await Try(method, Channel, $"{Several}?since={idOfOne}", 400);
            await Try(method, Channel, $"/{string.Join(',', Enumerable.Range(0, 65))}", 400);
            await Try(method, Channel, $"/{new string('a', 16 * 1024)}", 414);
            foreach (var form in new[] { "as=raw", "as=tail", "poll=1&as=raw" })
            {
                await Try(method, Channel, $"{Several}?{form}", 406);
            }

            await Try(method, Channel, Several, 406, null, ("Accept", "text/plain, text/html"));
        }

        await Try("GET", Channel, $"{Several}?poll=1&since={cursor}&wait=1s", 204);
        await Try("OPTIONS", Channel, Several, 204);
        foreach (var method in new[] { "POST", "PUT", "DELETE" })
        {
            await Try(method, Channel, Several, 400, method == "DELETE" ? null : "x");
        }

        await Try("GET", Channel, Several, 406, null, Handshake);
        await Try("GET", Channel, Several, 101, null, [.. Handshake, ("Sec-WebSocket-Protocol", "gateway.json")]);
        using var socket = await JsonClient.Connect(_node, Several[1..]);
        _document.Validate("Event", (await JsonClient.Receive(socket)).GetRawText());
        await socket.SendAsync("""{"publish":"x","channel":"api/below/c"}"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var seen = new List<string>();
        while (seen.Count < 2)
        {
            var said = await JsonClient.Receive(socket);
            seen.Add(said.GetProperty("event").GetString()!);
            _document.Validate(seen[^1] == "ack" ? "Answer" : "Event", said.GetRawText());
        }

        Assert.Equal(["ack", "message"], seen.Order());

        // A channel that is gone is a gap of the cursor.
        await Try("DELETE", Channel, "/api/a", 204);
        await Try("POST", Channel, "/api/a", 200, "text");
        await Try("GET", Channel, $"{Several}?as=json&since={cursor}", 200, null, 3);
    }

    // HttpClient sends no body that is malformed.
    private async Task TryMalformed()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_node.Host, _node.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /api/a HTTP/1.1\r\nHost: {_node.Authority}\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n"));
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        _document.Validate("Problem", body);
        _problems.Add($"{JsonNode.Parse(body)!["type"]}".Split(':')[^1]);
    }

    private async Task TryLooking()
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            await Try(method, "/", "/", 200);
            await Try(method, "/", "/", 200, null, ("Accept", "text/html"));
            await Try(method, "/-/cluster", "/-/cluster", 200);
            await Try(method, "/-/channels", "/-/channels?prefix=api/&limit=1&after=a", 200);
            await Try(method, "/-/channels", "/-/channels?limit=0", 400);
            await Try(method, "/-/channels", "/-/channels", 406, null, ("Accept", "text/csv"));
            await Try(method, Info, "/-/channels/api/a", 200);
            await Try(method, Info, $"/-/channels/api/a?id={await LastId()}", 200);
            await Try(method, Info, "/-/channels/api/a?id=last", 400);
            await Try(method, Info, "/-/channels/api/nothing", 404);
            await Try(method, Info, "/-/channels/api/a?id=zzzz-1", 404);
            await Try(method, Info, "/-/channels/api/a", 406, null, ("Accept", "text/csv"));
            await Try(method, "/-/metrics", "/-/metrics", 200);
            await Try(method, "/-/metrics", "/-/metrics", 200, null, ("Accept", "application/openmetrics-text"));
            foreach (var asset in new[] { "style.css", "home.js", "icon.svg" })
            {
                await Try(method, "/-/assets/{name}", $"/-/assets/{asset}", 200);
            }

            await Try(method, "/-/assets/{name}", "/-/assets/nothing", 404);
            foreach (var path in new[] { "/-/health/live", "/-/health/ready", "/-/openapi.json", "/robots.txt" })
            {
                await Try(method, path, path, 200);
            }
        }

        foreach (var path in _document.Paths.Where(x => x != Channel))
        {
            await Try("OPTIONS", path, path.Replace("{channel}", "api/a", StringComparison.Ordinal).Replace("{name}", "style.css", StringComparison.Ordinal), 204);
        }
    }

    private async Task TryWebSocket()
    {
        await Try("GET", Channel, "/api/a?since=zzzz-1", 101, null, Handshake);
        await Try("GET", Channel, "/api/a", 101, null, [.. Handshake, ("Sec-WebSocket-Protocol", "gateway.json")]);
        await Try("GET", Channel, "/api/a", 400, null, [.. Handshake[..3], ("Sec-WebSocket-Key", "short")]);

        using var socket = await JsonClient.Connect(_node, "api/socket");
        _document.Validate("Event", (await JsonClient.Receive(socket)).GetRawText());
        const string Command = """{"publish":"eA==","type":"image/png","encoding":"base64","key":"of a socket","ref":7,"channel":"api/socket"}""";
        _document.Validate("Command", Command);
        await socket.SendAsync(Encoding.UTF8.GetBytes(Command), WebSocketMessageType.Text, true, CancellationToken.None);
        await socket.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var seen = new List<string>();
        while (seen.Count < 3)
        {
            var said = await JsonClient.Receive(socket);
            seen.Add(said.GetProperty("event").GetString()!);
            _document.Validate(seen[^1] == "message" ? "Event" : "Answer", said.GetRawText());
        }

        Assert.Equal(["ack", "error", "message"], seen.Order());
    }

    // What is not in the document is answered so.
    private async Task TryOtherMethods()
    {
        foreach (var path in _document.Paths)
        {
            var target = path.Replace("{channel}", "api/a", StringComparison.Ordinal).Replace("{name}", "style.css", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(_node, target));
            using var answer = await _http.SendAsync(request);
            Assert.Equal((path, 405), (path, (int)answer.StatusCode));
            Assert.Equal(_document.Methods(path).Order(), answer.Content.Headers.Allow.Order());
            var body = await answer.Content.ReadAsStringAsync();
            _document.Validate("Problem", body);
            _problems.Add("method");
        }

        using var nothing = await _http.GetAsync(new Uri(_node, "/-/nothing"));
        Assert.Equal(404, (int)nothing.StatusCode);
        _document.Validate("Problem", await nothing.Content.ReadAsStringAsync());
    }

    private async Task TryWhatCannotBeDoneNow(GatewayNodes nodes, string state)
    {
        await nodes.Publish(2, "api/frozen", "x");
        await nodes.Publish(2, "api/deleted", "x");
        var id = JsonNode.Parse(await _http.GetStringAsync(new Uri(_node, "/-/channels/api/frozen")))!["lastId"];

        // A node that is frozen for as long as one waits otherwise is taken for dead, and its channels are elsewhere.
        await File.WriteAllTextAsync(Path.Combine(state, "appsettings.json"), """{ "Gateway": { "PublishTimeout": "1s" } }""");
        await Until.True(() => nodes[1].Output.Contains("configuration reloaded: Gateway:PublishTimeout", StringComparison.Ordinal), "node 1 waits for a second only");
        nodes[2].Freeze();
        await Task.WhenAll(
            Try("POST", Channel, "/api/frozen", 503, "x"),
            Try("PUT", Channel, "/api/frozen", 503, "x"),
            Try("DELETE", Channel, "/api/deleted", 503),
            Try("GET", Channel, "/api/frozen?poll=1", 503),
            Try("GET", Info, $"/-/channels/api/frozen?id={id}", 503),
            Try("HEAD", Info, $"/-/channels/api/frozen?id={id}", 503));
        nodes[2].Kill();
        foreach (var identity in Directory.GetFiles(Path.Combine(state, "channels"), "store-*"))
        {
            File.Delete(identity);
        }

        await Try("GET", "/-/channels", "/-/channels", 503);
        await Try("HEAD", "/-/channels", "/-/channels", 503);
    }

    private async Task<string> LastId() =>
        (string)JsonNode.Parse(await _http.GetStringAsync(new Uri(_node, "/-/channels/api/a")))!["lastId"]!;

    private Task Try(string method, string path, string target, int status, string? body = null, params (string Name, string Value)[] headers) =>
        Try(method, path, target, status, body, 1, headers);

    private async Task Try(string method, string path, string target, int status, string? body, int lines, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_node, target));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        foreach (var (name, value) in headers)
        {
            Assert.True(name.StartsWith("Content-", StringComparison.Ordinal)
                ? request.Content!.Headers.TryAddWithoutValidation(name, value)
                : request.Headers.TryAddWithoutValidation(name, value));
        }

        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True((int)answer.StatusCode == status, $"{method} {target} is answered {(int)answer.StatusCode}, not {status}");
        await _checking.WaitAsync();
        try
        {
            if (await _document.Check(path, answer, lines) is { } problem)
            {
                _problems.Add(problem);
            }
        }
        finally
        {
            _checking.Release();
        }
    }

    [GeneratedRegex("""(?:(?:\bnew|\bnew Problem)\(\s*(?:\d{3}|status),|BadRequest\()\s*"([a-z-]+)",""")]
    private static partial Regex Kinds();
}
