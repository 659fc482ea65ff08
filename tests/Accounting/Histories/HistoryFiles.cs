using System.Diagnostics;

namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>Writes histories for a person with <c>grep</c>: a line an event, times in milliseconds since the beginning.</summary>
internal static class HistoryFiles
{
    public static void Write(string directory, IEnumerable<ChannelHistory> channels, long begun)
    {
        foreach (var channel in channels)
        {
            var place = Directory.CreateDirectory(Path.Combine(directory, channel.Channel)).FullName;
            File.WriteAllLines(Path.Combine(place, "publications.txt"), channel.Publications.OrderBy(x => x.Begun).SelectMany(x => Lines(x, begun)));
            foreach (var reading in channel.Everybody)
            {
                File.WriteAllLines(Path.Combine(place, $"{reading.Name.Replace(' ', '-')}.txt"), reading.Connections.SelectMany(x => Lines(x, begun)));
            }
        }
    }

    private static IEnumerable<string> Lines(Publication publication, long begun)
    {
        yield return $"{publication}";
        foreach (var x in publication.Attempts)
        {
            var ids = x.First == x.Last ? $"{x.Last}" : $"{x.First} to {x.Last}";
            yield return $"  {At(x.Begun, begun)} to {At(x.Ended, begun)} at node {x.Node}: {x.Outcome} {ids} ({x.Answer})";
        }
    }

    private static IEnumerable<string> Lines(Connection connection, long begun)
    {
        yield return $"{At(connection.Opened, begun)} at node {connection.Node}, asked for what is after {connection.Asked?.ToString() ?? "nothing"}, begins after {connection.Begins?.ToString() ?? "nothing"}";
        foreach (var x in connection.Deliveries)
        {
            yield return $"  {At(x.At, begun)} {x.Id} {x.Content}";
        }

        foreach (var gap in connection.Gaps)
        {
            yield return $"  gap {gap}";
        }

        yield return $"  {connection.Ended}{(connection.Refused is null ? string.Empty : $", REFUSED {connection.Refused}")}";
    }

    private static string At(long time, long begun) => time == long.MaxValue ? "never" : $"{Stopwatch.GetElapsedTime(begun, time).TotalMilliseconds:F0}";
}
