using System.Diagnostics;
using OrleansGateway.Tests.Accounting.Faults;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>For how long a channel takes nothing although somebody publishes to it by way of a node that lives.</summary>
internal static class HoldUps
{
    /// <summary>What a frozen node may do to the publishers of the others: 5 s, and what two shared cores add, which stand still now and then.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>The longest within the given blows, and where it was.</summary>
    public static (TimeSpan Longest, string Where) Longest(IEnumerable<Blow> blows, IReadOnlyList<ChannelHistory> channels)
    {
        var (longest, where) = (TimeSpan.Zero, "nowhere");
        foreach (var blow in blows)
        {
            foreach (var channel in channels)
            {
                var took = Within(blow, channel);
                (longest, where) = took > longest ? (took, $"{channel.Channel}, {blow.Strike}") : (longest, where);
            }
        }

        return (longest, where);
    }

    private static TimeSpan Within(Blow blow, ChannelHistory channel)
    {
        // Who is attached to the node that was struck is not held up by others.
        var end = blow.Strike.Kind == StrikeKind.Freeze ? blow.Ended : blow.Healed;
        List<Attempt> attempts = [.. channel.Publications.SelectMany(x => x.Attempts)
            .Where(x => x.Node != blow.Strike.Node && x.Ended >= blow.Begun && x.Begun <= end).OrderBy(x => x.Begun)];
        long[] answers = [.. attempts.Where(x => x.Outcome == Outcome.Acknowledged && x.Ended < end).Select(x => x.Ended).Order(), end];
        var (longest, from, next) = (0L, blow.Begun, 0);
        var waiting = new PriorityQueue<Attempt, long>();
        foreach (var answer in answers)
        {
            // Held up is a channel from when somebody waits, and not already since its last answer.
            for (; next < attempts.Count && attempts[next].Begun < answer; next++)
            {
                waiting.Enqueue(attempts[next], attempts[next].Begun);
            }

            while (waiting.TryPeek(out var oldest, out _) && oldest.Ended <= from)
            {
                waiting.Dequeue();
            }

            if (waiting.TryPeek(out var first, out _))
            {
                longest = Math.Max(longest, answer - Math.Max(from, first.Begun));
            }

            from = answer;
        }

        return Stopwatch.GetElapsedTime(0, longest);
    }
}
