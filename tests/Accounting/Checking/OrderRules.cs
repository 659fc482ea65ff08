using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>
/// What was acknowledged before something else was sent comes before it: of one publisher, whose messages are sent one after
/// the other, and of all of them.
/// </summary>
/// <remarks>What got no answer has no such place: it may be taken late, after what was sent later.</remarks>
internal static class OrderRules
{
    public static void Check(ChannelHistory history, Ledger ledger, Findings findings)
    {
        List<Placed> placed = [.. history.Publications.Where(x => x.IsAcknowledged).Select(x => Place(x, ledger)).Where(x => x.First != 0)];
        Placed[] byAnswer = [.. placed.OrderBy(x => x.Publication.AcknowledgedAt)];
        var highest = default(Placed);
        var answered = 0;
        foreach (var one in placed.OrderBy(x => x.Publication.Begun))
        {
            // The newest of all that was acknowledged when this one was sent.
            for (; answered < byAnswer.Length && byAnswer[answered].Publication.AcknowledgedAt < one.Publication.Begun; answered++)
            {
                highest = byAnswer[answered].Last > highest.Last ? byAnswer[answered] : highest;
            }

            if (one.First <= highest.Last)
            {
                findings.Add(Fault.OutOfOrder,
                    $"{one.Publication} is at {one.First}, before {highest.Publication} at {highest.Last}, which was acknowledged before the other was sent");
            }
        }
    }

    private static Placed Place(Publication publication, Ledger ledger)
    {
        long[] places = [.. publication.Contents.SelectMany(ledger.PlacesOf)];
        return places.Length == 0 ? default : new Placed(publication, places.Min(), places.Max());
    }

    private readonly record struct Placed(Publication Publication, long First, long Last);
}
