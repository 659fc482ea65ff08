using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>
/// Falsifies a history in one way, as a gateway with that defect would have: whether the checker finds it says what its
/// silence is worth. Each works on made-up histories and on recorded ones.
/// </summary>
/// <param name="Name">What goes wrong.</param>
/// <param name="Expected">What the checker must say.</param>
/// <param name="Apply">Does it.</param>
internal sealed record Sabotage(string Name, Fault Expected, Action<ChannelHistory> Apply)
{
    public static IReadOnlyList<Sabotage> All { get; } =
    [
        new("drop: one subscriber misses a message", Fault.Hole, x => Middle(x, Promise.Everything, (list, at) => list.RemoveAt(at))),
        new("drop: a subscriber without ids misses a message", Fault.Hole, x => Middle(x, Promise.EverythingWhileConnected, (list, at) => list.RemoveAt(at))),
        new("drop: one subscriber misses the end", Fault.Unfinished, x => Last(x, Promise.Everything).RemoveAll(y => y.Id!.Value.Offset >= x.End)),
        new("drop: an acknowledged message is in nobody's log", Fault.Lost, Lose),
        new("double: one subscriber gets a message twice", Fault.Doubled, x => Middle(x, Promise.Everything, (list, at) => list.Insert(at, list[at]))),
        new("double: a subscriber without ids gets a message twice", Fault.Doubled, x => Middle(x, Promise.Newest, (list, at) => list.Insert(at, list[at]))),
        new("double: the log has a message twice", Fault.Doubled, Double),
        new("swap: one subscriber gets two messages in the wrong order", Fault.OutOfOrder, x => Middle(x, Promise.Everything, Swap)),
        new("swap: a subscriber without ids gets two messages in the wrong order", Fault.OutOfOrder, x => Middle(x, Promise.EverythingWhileConnected, Swap)),
        new("swap: a viewer of the newest goes back", Fault.OutOfOrder, x => Middle(x, Promise.Newest, Swap)),
        new("swap: the log has two messages of a publisher in the wrong order", Fault.OutOfOrder, SwapInLog),
        new("stale write: an id is another message to one subscriber", Fault.Diverged,
            x => Middle(x, Promise.Everything, (list, at) => list[at] = list[at] with { Content = list[at - 1].Content })),
        new("wrong id: a publisher is told the id of another message", Fault.WrongId, x => Answer(x, y => y with { Last = Move(y.Last), First = Move(y.First) })),
        new("hole: an offset is nobody's", Fault.Hole, Skip),
        new("phantom: a message that nobody sent", Fault.Phantom, x => Replace(x, x.End / 2, new Content(99, 1, 1))),
        new("phantom: a subscriber without ids gets one of another channel", Fault.Phantom,
            x => Middle(x, Promise.Newest, (list, at) => list[at] = list[at] with { Content = new Content(99, 2, 2) })),
        new("damage: a message arrives with other bytes", Fault.Damaged,
            x => Middle(x, Promise.Everything, (list, at) => list[at] = list[at] with { Content = Content.Damaged(7) })),
        new("split batch: something stands between its messages", Fault.SplitBatch, SplitBatch),
        new("changed answer: a retry with the same key gets another id", Fault.ChangedAnswer, ChangeAnswer),
        new("gap: the gateway says that something is missing", Fault.Gap, x => Busiest(x, Promise.Everything).Gaps.Add("missed 1")),
        new("epoch: the log begins anew", Fault.EpochChanged, x => Last(x, Promise.Everything).ForEachId(y => y with { Epoch = "other" })),
        new("seam: a subscriber is not where it asked to go on", Fault.Hole, Seam),
        new("no answer: a publisher with a key waits for ever", Fault.Unanswered, x => x.Publications.First(y => y.Key is not null).Attempts.Clear()),
    ];

    public override string ToString() => Name;

    /// <summary>Whether a history has what it takes: a run without keys has no answers to retries that could change.</summary>
    public bool CanApply(ChannelHistory history) => Expected switch
    {
        Fault.ChangedAnswer or Fault.Unanswered => history.Publications.Exists(x => x.Key is not null),
        Fault.SplitBatch => history.Publications.Exists(x => x.Contents.Count > 1 && x.IsAcknowledged),
        _ => true,
    };

    private static Connection Busiest(ChannelHistory history, Promise promise) =>
        history.Readings.Where(x => x.Promise == promise).SelectMany(x => x.Connections).MaxBy(x => x.Deliveries.Count)!;

    private static List<Delivery> Last(ChannelHistory history, Promise promise) =>
        history.Readings.First(x => x.Promise == promise && x.Count > 0).Connections.Last(x => x.Deliveries.Count > 0).Deliveries;

    private static void Middle(ChannelHistory history, Promise promise, Action<List<Delivery>, int> change)
    {
        var deliveries = Busiest(history, promise).Deliveries;
        change(deliveries, deliveries.Count / 2);
    }

    private static void Swap(List<Delivery> deliveries, int at) => (deliveries[at - 1], deliveries[at]) = (deliveries[at], deliveries[at - 1]);

    private static Id? Move(Id? id) => id is { } moved ? moved with { Offset = moved.Offset - 1 } : null;

    /// <summary>Another message under an id, for all.</summary>
    private static void Replace(ChannelHistory history, long offset, Content content)
    {
        var old = history.Whole[0].Connections.SelectMany(x => x.Deliveries).First(x => x.Id!.Value.Offset == offset).Content;
        Rewrite(history, x => x == old ? content : x);
    }

    private static void Rewrite(ChannelHistory history, Func<Content, Content> content)
    {
        foreach (var deliveries in history.Everybody.SelectMany(x => x.Connections).Select(x => x.Deliveries))
        {
            for (var i = 0; i < deliveries.Count; i++)
            {
                deliveries[i] = deliveries[i] with { Content = content(deliveries[i].Content) };
            }
        }
    }

    private static void Exchange(ChannelHistory history, Content one, Content other) =>
        Rewrite(history, x => x == one ? other : x == other ? one : x);

    private static void Answer(ChannelHistory history, Func<Attempt, Attempt> change)
    {
        var attempts = history.Publications.First(x => x.IsAcknowledged && x.Attempts.Exists(y => y.First is null or { Offset: > 1 } && y.Last is { Offset: > 1 })).Attempts;
        var at = attempts.FindIndex(x => x.Last is { Offset: > 1 });
        attempts[at] = change(attempts[at]);
    }

    // As if the answer had been given and the message forgotten: the next one got its place.
    private static void Lose(ChannelHistory history)
    {
        var told = history.Publications.First(x => x.IsAcknowledged);
        history.Publications.Add(new Publication
        {
            Publisher = told.Publisher, Channel = told.Channel, Key = "lost", Contents = [new Content(told.Publisher, int.MaxValue, 3)], Attempts = [.. told.Attempts],
        });
    }

    private static void Double(ChannelHistory history)
    {
        foreach (var reading in history.Whole)
        {
            var deliveries = reading.Connections.Last(x => x.Deliveries.Count > 0).Deliveries;
            var end = deliveries[^1];
            deliveries.Add(end with { Id = end.Id!.Value with { Offset = end.Id.Value.Offset + 1 }, Content = deliveries[deliveries.Count / 2].Content });
        }
    }

    private static void SwapInLog(ChannelHistory history)
    {
        var singles = history.Publications.Where(x => x.IsAcknowledged && x.Contents.Count == 1).GroupBy(x => x.Publisher).First(x => x.Count() > 1).OrderBy(x => x.Begun).ToList();
        Exchange(history, singles[0].Contents[0], singles[1].Contents[0]);
    }

    private static void Skip(ChannelHistory history)
    {
        var skipped = history.End / 2;
        foreach (var connection in history.Everybody.SelectMany(x => x.Connections))
        {
            connection.Deliveries.RemoveAll(x => x.Id?.Offset == skipped);
        }
    }

    private static void SplitBatch(ChannelHistory history)
    {
        var batch = history.Publications.First(x => x.Contents.Count > 1 && x.IsAcknowledged);
        Exchange(history, batch.Contents[0], history.Publications.First(x => x.IsAcknowledged && x.Contents.Count == 1).Contents[0]);
    }

    private static void ChangeAnswer(ChannelHistory history)
    {
        var attempts = history.Publications.First(x => x.Key is not null && x.IsAcknowledged).Attempts;
        var answer = attempts.Find(x => x.Outcome == Outcome.Acknowledged)!;
        attempts.Add(answer with { Last = new Id(answer.Last!.Value.Epoch, answer.Last.Value.Offset + 1) });
    }

    private static void Seam(ChannelHistory history)
    {
        var reading = history.Readings.First(x => x.Promise == Promise.Everything && x.Connections.Count(y => y.Begins is not null) > 1);
        var connection = reading.Connections.Last(x => x.Begins is not null);
        connection.Begins = connection.Begins!.Value with { Offset = connection.Begins.Value.Offset + 5 };
    }
}

internal static class Ids
{
    /// <summary>Changes all ids.</summary>
    public static void ForEachId(this List<Delivery> deliveries, Func<Id, Id> change)
    {
        for (var i = 0; i < deliveries.Count; i++)
        {
            deliveries[i] = deliveries[i] with { Id = change(deliveries[i].Id!.Value) };
        }
    }
}
