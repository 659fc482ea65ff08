using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>A history as a faultless gateway could have made it, with a bit of everything: it is what the checker's own tests falsify.</summary>
internal static class MadeUpHistory
{
    private const string Channel = "made/up";
    private const int Publishers = 3;
    private const int Rounds = 20;

    public static ChannelHistory Make()
    {
        var publications = new List<Publication>();
        var log = new List<Content>();
        var now = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            for (var publisher = 1; publisher <= Publishers; publisher++)
            {
                publications.Add(Publish(publisher, round, log, ref now));
            }
        }

        return new ChannelHistory
        {
            Channel = Channel,
            End = log.Count,
            Publications = publications,
            Readings =
            [
                Read("sse", Promise.Everything, log, 0, 10, 40),
                Read("json", Promise.Everything, log, 5, 30),
                Read("raw", Promise.EverythingWhileConnected, log, 0, 50),
                Read("tail", Promise.Newest, log, 0),
            ],
            Whole = [Read("whole at node 1", Promise.Everything, log, 0), Read("whole at node 2", Promise.Everything, log, 0)],
        };
    }

    // The third publisher has no keys; one of its publishes got no answer and is in, another is out.
    private static Publication Publish(int publisher, int round, List<Content> log, ref long now)
    {
        var count = round % 5 == 3 ? 4 : 1;
        var keyless = publisher == Publishers;
        Content[] contents = [.. Enumerable.Range(1, count).Select(x => new Content(publisher, (round * 10) + x, (ulong)x))];
        var publication = new Publication { Publisher = publisher, Channel = Channel, Key = keyless ? null : $"{publisher}-{round}", Contents = contents };
        var unanswered = new Attempt(1, now++, now++, Outcome.Unknown, null, null, "no answer");
        if (keyless && round is 5 or 9)
        {
            publication.Attempts.Add(unanswered);
            log.AddRange(round == 5 ? contents : []);
            return publication;
        }

        if (!keyless && round == 7)
        {
            publication.Attempts.Add(unanswered);
        }

        log.AddRange(contents);
        var answer = new Attempt(2, now++, now++, Outcome.Acknowledged, new Id("e1", log.Count - count + 1), new Id("e1", log.Count), "200");
        publication.Attempts.Add(answer);
        if (!keyless && round == 11)
        {
            publication.Attempts.Add(answer with { Node = 3, Begun = now++, Ended = now++ });
        }

        return publication;
    }

    // Connections begin at these places; those without ids lose what is between two of theirs.
    private static Reading Read(string name, Promise promise, List<Content> log, params int[] begins)
    {
        var reading = new Reading { Name = name, Channel = Channel, Promise = promise };
        for (var i = 0; i < begins.Length; i++)
        {
            var end = i + 1 < begins.Length ? begins[i + 1] : log.Count;
            var withIds = promise == Promise.Everything;
            var connection = new Connection
            {
                Node = 1,
                Opened = i,
                Asked = withIds && i > 0 ? new Id("e1", begins[i]) : null,
                Begins = withIds ? new Id("e1", begins[i]) : null,
                Ended = "closed",
            };
            for (var at = begins[i]; at < end - (withIds ? 0 : 2); at += promise == Promise.Newest ? 3 : 1)
            {
                connection.Deliveries.Add(new Delivery(withIds ? new Id("e1", at + 1) : null, log[at], at, withIds ? 1000 + at : 0));
            }

            reading.Connections.Add(connection);
        }

        return reading;
    }
}
