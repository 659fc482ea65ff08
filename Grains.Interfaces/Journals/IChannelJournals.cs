using OrleansGateway.Channels;

namespace OrleansGateway.Journals;

/// <summary>
/// What was appended to all channels, in order of the commits: each node has a journal of its own, that all nodes read. So one
/// place in each journal says what of all channels was seen, however many they are.
/// </summary>
public interface IChannelJournals
{
    /// <summary>Which store this is. In another one the same place means something else.</summary>
    string Store { get; }

    /// <summary>The newest place in this node's own journal.</summary>
    long Newest { get; }

    /// <summary>Ends when this node's own journal goes beyond a place.</summary>
    Task GrownBeyond(long place);

    /// <summary>The newest place in each journal.</summary>
    Task<IReadOnlyDictionary<int, long>> Ends();

    /// <summary>Reads on in a journal. What it skips counts for nobody: what an owner appended after it was replaced, and deleted channels.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="first">The first place.</param>
    /// <param name="last">The last place.</param>
    /// <param name="includes">The channels that are asked for.</param>
    /// <param name="fromMs">Nothing that was accepted before this time, in ms since 1970.</param>
    /// <param name="maxBytes">About how many bytes to return; at least one entry comes where there is one.</param>
    Task<JournalPage> Read(int journal, long first, long last, Func<string, bool> includes, long fromMs, int maxBytes);

    /// <summary>Finds the channels of which something is in a part of a journal, whether or not it counts.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="first">The first place.</param>
    /// <param name="last">The last place.</param>
    Task<JournalNames> Names(int journal, long first, long last);

    /// <summary>The channels of which retention dropped something that came after a place in a journal.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="after">The place.</param>
    /// <param name="includes">The channels that are asked for.</param>
    /// <param name="max">The most to return.</param>
    Task<IReadOnlyList<string>> DroppedAfter(int journal, long after, Func<string, bool> includes, int max);
}

/// <summary>A part of a journal.</summary>
/// <param name="Entries">What it has of the channels that were asked for, in its order.</param>
/// <param name="Through">The last place that was looked at.</param>
/// <param name="Undecided">
/// The channel of the next entry, where it is just being taken over: whether the entry counts is known when that is done. Null otherwise.
/// </param>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Entries, long Through, string? Undecided = null);

/// <summary>The channels of a part of a journal.</summary>
/// <param name="Channels">Their names, each once.</param>
/// <param name="Through">The last place that was looked at.</param>
public sealed record JournalNames(IReadOnlyList<string> Channels, long Through);

/// <summary>Messages of one channel at one place of a journal.</summary>
/// <param name="Place">The place.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Batch">The messages.</param>
/// <param name="After">What comes before it in the channel and is in another journal, up to that place; null for nothing.</param>
public sealed record JournalEntry(long Place, string Channel, MessageBatch Batch, (int Journal, long Place)? After);

/// <summary>Tells when there may be something new in any journal.</summary>
public interface IJournalWatch
{
    /// <summary>Ends when something was appended anywhere after this call, as far as can be known, and now and then without a cause.</summary>
    Task News();
}
