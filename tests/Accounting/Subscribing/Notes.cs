using System.Diagnostics;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>What a transport is asked for and writes down: one connection of a subscriber.</summary>
internal sealed class Notes(Subscriber subscriber, Connection connection, Uri node, bool resumesByHeader, CancellationTokenSource silence)
{
    /// <summary>A node that runs says something every 15 s at least, but a frozen one nothing.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    public Id? After => connection.Asked;

    /// <summary>The last message of this connection, if there was one.</summary>
    public Id? Last => connection.Deliveries.Count > 0 ? connection.Deliveries[^1].Id : null;

    public bool ResumesByHeader => resumesByHeader && After is not null;

    /// <summary>Where to subscribe; where to begin is part of it unless the header says so.</summary>
    public Uri Address(string query)
    {
        var since = ResumesByHeader ? string.Empty : $"&since={After?.ToString() ?? subscriber.BeginsWith}";
        return new Uri(node, $"{subscriber.Channel}?{query}{since}");
    }

    /// <summary>Something came, so the other side is there.</summary>
    public void Alive() => silence.CancelAfter(LongestSilence);

    /// <summary>The stream says after which id it begins.</summary>
    public void Begins(Id id)
    {
        connection.Begins ??= id;
        subscriber.Position ??= id;
    }

    public void Message(Id? id, ReadOnlySpan<byte> body, long timeMs = 0)
    {
        connection.Deliveries.Add(new Delivery(id, Body.Read(body, subscriber.Channel), Stopwatch.GetTimestamp(), timeMs));
        subscriber.Position = id ?? subscriber.Position;
    }

    public void Gap(Id? resumed, string text)
    {
        connection.Gaps.Add(text);
        subscriber.Position = resumed ?? subscriber.Position;
    }

    public void Ended(string why) => connection.Ended = why;

    /// <summary>It was answered something else than a stream; 503 is the one that may be, of a node that stops or starts.</summary>
    public void Answered(int status, string? reason)
    {
        connection.Ended = $"{status} {reason}";
        connection.Refused = status == 503 ? null : connection.Ended;
    }

    public void Refused(string what) => connection.Refused = what;
}
