namespace OrleansGateway.Tests.Clients;

/// <summary>Other people's clients that follow a channel, by name.</summary>
internal static class Subscribers
{
    private static readonly string Here = Path.Combine(NodeProcess.Root, "tests/Clients");

    /// <summary>Those that go on where they were when their node is gone: their own loops go from node to node.</summary>
    private static readonly Dictionary<string, Func<string, Uri[], Client>> Loops = new()
    {
        ["curl, json"] = (channel, nodes) => Run("curl, json", "shell", ["bash", "subscribe.sh", channel, .. Urls(nodes)]),
        ["curl, poll"] = (channel, nodes) => Run("curl, poll", "shell", ["bash", "poll.sh", channel, .. Urls(nodes)]),
        ["python, json"] = (channel, nodes) => Run("python, json", "python", ["python3", "subscribe.py", channel, .. nodes.Select(x => x.Authority)]),
        ["python, poll"] = (channel, nodes) => Run("python, poll", "python", ["python3", "poll.py", channel, .. nodes.Select(x => x.Authority)]),
        ["ws, gateway.json"] = (channel, nodes) => Run("ws, gateway.json", "npm", ["node", "ws-subscribe.mjs", channel, .. Urls(nodes)]),
        ["undici, fetch"] = (channel, nodes) => Run("undici, fetch", "npm", ["node", "undici-subscribe.mjs", channel, .. Urls(nodes)]),
        ["undici, WebSocket"] = (channel, nodes) => Run("undici, WebSocket", "npm", ["node", "undici-websocket.mjs", channel, .. Urls(nodes)]),
        ["HttpClient, json"] = (channel, nodes) => new DotNetClient("HttpClient, json", (show, stop) => DotNet.Json(channel, nodes, show, stop)),
        ["SseParser"] = (channel, nodes) => new DotNetClient("SseParser", (show, stop) => DotNet.ServerSentEvents(channel, nodes, show, stop)),
        ["ClientWebSocket, gateway.json"] = (channel, nodes) => new DotNetClient("ClientWebSocket, gateway.json", (show, stop) => DotNet.Socket(channel, nodes, show, stop)),
    };

    /// <summary>Those that know one address and come back by themselves.</summary>
    private static readonly Dictionary<string, Func<Uri, Client>> EventSources = new()
    {
        ["eventsource"] = url => Run("eventsource", "npm", ["node", "eventsource.mjs", "eventsource", $"{url}"]),
        ["reconnecting-eventsource"] = url => Run("reconnecting-eventsource", "npm", ["node", "eventsource.mjs", "reconnecting-eventsource", $"{url}"]),
    };

    /// <summary>Those that cannot resume: without ids, and undici's EventSource, which (as of 6.29) does not come back after a stream that was cut off.</summary>
    private static readonly Dictionary<string, Func<string, Uri, Client>> Plain = new()
    {
        ["ws, plain"] = (channel, node) => Run("ws, plain", "npm", ["node", "ws-plain.mjs", $"{channel}?since=all", $"{node}"]),
        ["undici, EventSource"] = (channel, node) => Run("undici, EventSource", "npm", ["node", "eventsource.mjs", "undici", $"{new Uri(node, channel)}?since=all"]),
        ["ClientWebSocket, plain"] = (channel, node) => new DotNetClient("ClientWebSocket, plain", (show, stop) => DotNet.PlainSocket(channel, node, show, stop)),
    };

    public static IEnumerable<string> Resuming => Loops.Keys.Concat(EventSources.Keys);

    public static IEnumerable<string> All => Resuming.Concat(Plain.Keys);

    /// <summary>Whether the names are of a form that splits lines at each kind of line end (the WHATWG event stream).</summary>
    public static bool IsEventStream(string name) => EventSources.ContainsKey(name) || name is "SseParser" or "undici, EventSource";

    /// <summary>All that resume; the event sources by way of <paramref name="front"/>.</summary>
    public static IEnumerable<Client> StartResuming(string channel, Uri[] nodes, Uri front) =>
        Loops.Values.Select(x => x(channel, nodes)).Concat(EventSources.Values.Select(x => x(new Uri(front, $"{channel}?since=all"))));

    public static IEnumerable<Client> StartPlain(string channel, Uri node) => Plain.Values.Select(x => x(channel, node));

    private static IEnumerable<string> Urls(Uri[] nodes) => nodes.Select(x => x.GetLeftPart(UriPartial.Authority));

    private static ProgramClient Run(string name, string folder, string[] command) =>
        new(name, UserProgram.Start(Path.Combine(Here, folder), command[0], command[1..]));
}
