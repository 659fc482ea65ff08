using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>What must have become of each publish, and that the log holds nothing else.</summary>
internal static class PublicationRules
{
    public static void Check(ChannelHistory history, Ledger ledger, Findings findings)
    {
        foreach (var publication in history.Publications)
        {
            CheckAnswers(publication, findings);
            CheckPlaces(publication, ledger, findings);
        }

        var sent = history.Publications.SelectMany(x => x.Contents).ToHashSet();
        foreach (var content in ledger.Contents.Where(x => !x.IsDamaged && !sent.Contains(x)))
        {
            findings.Add(Fault.Phantom, $"{history.Channel}: {content} at {string.Join(", ", ledger.PlacesOf(content))} was never sent here");
        }
    }

    private static void CheckAnswers(Publication publication, Findings findings)
    {
        foreach (var attempt in publication.Attempts.Where(x => x.Outcome == Outcome.Refused))
        {
            findings.Add(Fault.Refused, $"{publication} at node {attempt.Node}: {attempt.Answer}");
        }

        if (publication.Key is not null && !publication.IsAcknowledged)
        {
            findings.Add(Fault.Unanswered, $"{publication}: {publication.Attempts.Count} attempts, at last {publication.Attempts.LastOrDefault()?.Answer}");
        }

        Attempt[] answered = [.. publication.Attempts.Where(x => x.Outcome == Outcome.Acknowledged)];
        foreach (var attempt in answered.Skip(1).Where(x => (x.First, x.Last) != (answered[0].First, answered[0].Last)))
        {
            findings.Add(Fault.ChangedAnswer, $"{publication}: {answered[0].Last} from node {answered[0].Node}, {attempt.Last} from node {attempt.Node}");
        }
    }

    private static void CheckPlaces(Publication publication, Ledger ledger, Findings findings)
    {
        var places = publication.Contents.Select(ledger.PlacesOf).ToList();
        for (var i = 0; i < places.Count; i++)
        {
            if (places[i].Count > 1)
            {
                findings.Add(Fault.Doubled, $"{publication.Contents[i]} on {publication.Channel} is at {string.Join(" and ", places[i])}");
            }
            else if (places[i].Count == 0 && publication.IsAcknowledged)
            {
                findings.Add(Fault.Lost, $"{publication.Contents[i]} on {publication.Channel}, acknowledged as {publication.Attempts.Find(x => x.Last is not null)?.Last}");
            }
        }

        // All or none, with nothing between.
        var first = places[0] is [var offset, ..] ? offset : (long?)null;
        for (var i = 1; i < places.Count; i++)
        {
            if ((places[i] is [var there, ..] ? there : (long?)null) != first + i)
            {
                findings.Add(Fault.SplitBatch, $"{publication}: {string.Join(", ", places.Select(x => x is [var at, ..] ? $"{at}" : "missing"))}");
                break;
            }
        }

        foreach (var attempt in publication.Attempts.Where(x => x.Outcome == Outcome.Acknowledged && x.Last is not null))
        {
            CheckId(publication, publication.Contents[^1], attempt.Last!.Value, ledger, findings);
            if (attempt.First is { } told)
            {
                CheckId(publication, publication.Contents[0], told, ledger, findings);
            }
        }
    }

    private static void CheckId(Publication publication, Content content, Id told, Ledger ledger, Findings findings)
    {
        if (told.Epoch != ledger.Epoch)
        {
            findings.Add(Fault.EpochChanged, $"{publication} was acknowledged as {told}, subscribers are in {ledger.Epoch}");
        }
        else if (ledger.At(told.Offset) is { } there && there != content)
        {
            findings.Add(Fault.WrongId, $"{content} on {publication.Channel} was acknowledged as {told}, where {there} is");
        }
    }
}
