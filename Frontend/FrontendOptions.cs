using System.ComponentModel.DataAnnotations;

namespace OrleansGateway;

/// <summary>What the HTTP side of a node allows. The section is <c>Gateway</c>.</summary>
public sealed class FrontendOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway";

    /// <summary>The largest message, in bytes; default 1 MiB (1,048,576), 1 to 64 MiB.</summary>
    [Range(1, 64 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a publish may wait for its answer before it gets 503; default 5 s.</summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A subscriber that has something waiting and takes nothing of it for this long is let go; default 30 s.</summary>
    public TimeSpan SlowTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A client whose system acknowledges nothing of what is sent to it, and answers no TCP keep-alive, for this long has vanished and is
    /// let go; default 30 s, 2 s to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:10:00")]
    public TimeSpan VanishedTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A WebSocket client that answers a ping (one every 20 s) with nothing for this long is let go; default 15 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Whether plain requests (no TLS, HTTP/1.1, nothing unusual in them) go the short way between socket and channel; default true. Without it
    /// all go through the web server. It is for comparing the two, which answer alike.
    /// </summary>
    public bool DirectConnections { get; set; } = true;

    /// <summary>Origins of web pages that may use the gateway besides its own nodes', such as <c>https://app.example</c>; default none.</summary>
    public IList<string> Origins { get; } = [];
}
