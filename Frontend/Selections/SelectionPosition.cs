using OrleansGateway.Channels;

namespace OrleansGateway.Selections;

/// <summary>
/// What a subscription to several channels has seen: an id of each channel that it follows by itself, and for the others a place in
/// each journal.
/// </summary>
internal sealed class SelectionPosition
{
    /// <summary>The last ids. What is not in it begins with what is new.</summary>
    public Dictionary<string, MessageId> Channels { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The places in the journals. Of one that is not in it nothing was seen.</summary>
    public Dictionary<int, JournalPlace> Journals { get; init; } = [];

    /// <summary>Whether it has all that another one has. Of another epoch nothing can be said: it counts as seen.</summary>
    public bool Covers(SelectionPosition other) =>
        other.Channels.All(x => !Channels.TryGetValue(x.Key, out var mine) || mine.Epoch != x.Value.Epoch || mine.Offset >= x.Value.Offset)
        && other.Journals.All(x => Journals.GetValueOrDefault(x.Key).Next >= x.Value.Next);

    public SelectionPosition Copy() => new() { Channels = new(Channels, StringComparer.Ordinal), Journals = new(Journals) };
}

/// <summary>A place in a journal.</summary>
/// <param name="Last">The last place of which something was seen.</param>
/// <param name="Left">How many messages there were not.</param>
internal readonly record struct JournalPlace(long Last, int Left = 0)
{
    /// <summary>The first place of which not all was seen.</summary>
    public long Next => Left > 0 ? Last : Last + 1;
}
