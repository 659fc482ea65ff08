using System.Text;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

/// <summary>Makes batches whose messages say what they are: <c>&lt;epoch&gt;-&lt;offset&gt;</c>.</summary>
internal static class Batches
{
    public static MessageBatch Of(string epoch, long first, int count, long term = 1, long timeMs = 0, int padding = 0)
    {
        var drafts = Enumerable.Range(0, count)
            .Select(i => new MessageDraft("text/plain", Encoding.ASCII.GetBytes($"{epoch}-{first + i}".PadRight(padding))));
        return MessageBatch.Pack(term, epoch, first, timeMs, drafts.ToArray());
    }

    public static IEnumerable<string> Texts(this MessageBatch batch, long after = 0)
    {
        var texts = new List<string>();
        foreach (var message in batch)
        {
            if (message.Offset > after)
            {
                texts.Add(Encoding.ASCII.GetString(message.Body.Span).TrimEnd());
            }
        }

        return texts;
    }

    public static IEnumerable<string> Ids(string epoch, long first, long last)
    {
        for (var offset = first; offset <= last; offset++)
        {
            yield return $"{epoch}-{offset}";
        }
    }
}
