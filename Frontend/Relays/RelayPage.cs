using OrleansGateway.Channels;

namespace OrleansGateway.Relays;

/// <summary>A part of what a channel keeps, for readers behind the ring. Its entries are shared by all of them, and so are their encodings.</summary>
internal sealed class RelayPage
{
    public RelayPage(string channel, ChannelPage page)
    {
        (Position, Oldest) = (page.Position, page.Oldest);
        var entries = new List<RelayEntry>(page.Batches.Sum(x => x.Count));
        foreach (var batch in page.Batches)
        {
            foreach (var message in batch)
            {
                entries.Add(new RelayEntry(channel, batch.Epoch, message));
            }
        }

        Entries = [.. entries];
    }

    /// <summary>Where the channel stood when it was read.</summary>
    public ChannelPosition Position { get; }

    /// <summary>The oldest offset that was kept then.</summary>
    public long Oldest { get; }

    /// <summary>Messages of one epoch, in order, without holes.</summary>
    public RelayEntry[] Entries { get; }

    /// <summary>Whether a reader that has everything up to <paramref name="after"/> finds its next message here.</summary>
    public bool Covers(MessageId after) =>
        Entries.Length > 0 && Entries[0].Epoch == after.Epoch && Entries[0].Id.Offset - 1 <= after.Offset && after.Offset < Entries[^1].Id.Offset;

    /// <summary>The index of the message after one that it <see cref="Covers"/>.</summary>
    public int IndexAfter(MessageId after) => (int)(after.Offset + 1 - Entries[0].Id.Offset);
}
