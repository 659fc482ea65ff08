using OrleansGateway.Settings;

namespace OrleansGateway;

/// <summary>What the HTTP side of a node allows.</summary>
[Section(SectionName, "HTTP")]
public sealed class FrontendOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway";

    [Size("largest message; one that is larger gets 413", "1 B", "64 MiB", Reloads = true)]
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    [Duration("how long a publish may wait for its answer before it gets 503", "10ms", "10m", Reloads = true)]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);

    [Duration("a subscriber that has something waiting and takes nothing of it for this long is let go", "100ms", "24h", Reloads = true)]
    public TimeSpan SlowTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Duration(
        "a client whose system acknowledges nothing of what is sent to it, and answers no TCP keep-alive, for this long has vanished and is let go; of connections that are made later",
        "2s", "10m", Reloads = true)]
    public TimeSpan VanishedTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Duration("a WebSocket client that answers a ping (one every 20 s) with nothing for this long is let go", "1s", "10m", Reloads = true)]
    public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(15);

    [Switch(
        "whether plain requests go the short way between socket and channel; without it all go through the web server, which answers alike; switched off it holds for the next request, switched on for connections that are made later",
        Reloads = true)]
    public bool DirectConnections { get; set; } = true;

    [Origins("origins of web pages that may use the gateway besides its own nodes'", Reloads = true)]
    public IReadOnlyList<string> Origins { get; set; } = [];
}
