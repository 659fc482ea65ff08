using OrleansGateway.Channels;

namespace OrleansGateway.Selections;

/// <summary>What a subscription to several channels has seen: an id of each channel that it names, and for those below its prefixes a place in each journal.</summary>
internal sealed class SelectionPosition
{
    private SelectionPosition(MessageId?[] channels, Dictionary<int, JournalPlace> journals) => (Channels, Journals) = (channels, journals);

    /// <summary>Before all.</summary>
    public SelectionPosition(ChannelSelection selection)
        : this(new MessageId?[selection.Names.Count], [])
    {
    }

    /// <summary>The last ids, in the order of the names; null where nothing is known of it.</summary>
    public MessageId?[] Channels { get; }

    /// <summary>The places in the journals. Of one that is not there nothing was seen.</summary>
    public Dictionary<int, JournalPlace> Journals { get; }

    /// <summary>Whether it has all that another one has. Of another epoch nothing can be said: it counts as seen.</summary>
    public bool Covers(SelectionPosition other)
    {
        for (var i = 0; i < Channels.Length; i++)
        {
            if (Channels[i] is { } mine && other.Channels[i] is { } theirs && mine.Epoch == theirs.Epoch && mine.Offset < theirs.Offset)
            {
                return false;
            }
        }

        return other.Journals.All(x => Journals.GetValueOrDefault(x.Key).Next >= x.Value.Next);
    }

    public SelectionPosition Copy() => new([.. Channels], new Dictionary<int, JournalPlace>(Journals));
}

/// <summary>A place in a journal.</summary>
/// <param name="Last">The last place of which something was seen.</param>
/// <param name="Left">How many messages there were not.</param>
internal readonly record struct JournalPlace(long Last, int Left = 0)
{
    /// <summary>The first place of which not all was seen.</summary>
    public long Next => Left > 0 ? Last : Last + 1;
}
