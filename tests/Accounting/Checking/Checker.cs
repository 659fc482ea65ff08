using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>
/// Accounts for a channel: what its publishers were told and what its subscribers saw must be explained by one log, in which
/// every acknowledged message has one place.
/// </summary>
internal static class Checker
{
    public static Findings Check(params IEnumerable<ChannelHistory> channels)
    {
        var findings = new Findings();
        foreach (var history in channels)
        {
            var ledger = Ledger.Of(history, findings);
            ReadingRules.Check(history, ledger, findings);
            PublicationRules.Check(history, ledger, findings);
            OrderRules.Check(history, ledger, findings);
        }

        return findings;
    }
}
