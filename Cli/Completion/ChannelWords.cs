using System.Net;
using System.Text.Json;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Status;

namespace OrleansGateway.Cli.Completion;

/// <summary>The names of channels, from whichever node says them first, and only if that is at once.</summary>
internal static class ChannelWords
{
    private const int Most = 50;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(300);

    /// <summary>Finds those that begin so; none when nobody says.</summary>
    public static IReadOnlyList<string> Find(Gateway? gateway, string prefix)
    {
        if (gateway is null)
        {
            return [];
        }

        var known = gateway.Known().Where(x => x.Node is not null).ToList();
        var asked = (known.Count > 0 ? known : gateway.Wanted().Where(x => x.Node is not null)).Take(3)
            .Select(x => NodeProbe.GetAsync(x.Http, $"/-/channels?limit={Most}&prefix={Uri.EscapeDataString(prefix)}", AnswerTime)).ToList();
        while (asked.Count > 0)
        {
            var first = Task.WaitAny([.. asked]);
            if (asked[first] is { IsCompletedSuccessfully: true, Result: { Status: HttpStatusCode.OK } answer })
            {
                return Names(answer.Body);
            }

            asked.RemoveAt(first);
        }

        return [];
    }

    private static IReadOnlyList<string> Names(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.GetProperty("channels").EnumerateArray().Select(x => x.GetProperty("channel").GetString()).OfType<string>()];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }
}
