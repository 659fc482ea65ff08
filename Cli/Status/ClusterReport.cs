using System.Text.Json;

namespace OrleansGateway.Cli.Status;

/// <summary>The cluster as one of its nodes sees it.</summary>
/// <param name="Bridge">The name of the node that owns the bridge of the numbers, or null.</param>
/// <param name="Nodes">The status of each node, in lower case, by its name.</param>
internal sealed record ClusterReport(string? Bridge, IReadOnlyDictionary<string, string> Nodes)
{
    /// <summary>Reads what <c>GET /-/cluster</c> answers; null when it is something else.</summary>
    public static ClusterReport? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            string? bridge = null;
            var nodes = new Dictionary<string, string>();
            foreach (var node in document.RootElement.GetProperty("nodes").EnumerateArray())
            {
                var name = node.GetProperty("name").GetString() ?? string.Empty;
                nodes[name] = node.GetProperty("status").GetString() ?? string.Empty;
                if (node.GetProperty("bridge").GetBoolean())
                {
                    bridge = name;
                }
            }

            return new ClusterReport(bridge, nodes);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
