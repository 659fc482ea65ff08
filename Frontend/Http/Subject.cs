using OrleansGateway.Channels;

namespace OrleansGateway.Http;

/// <summary>What a request asks to listen to: one channel, or several.</summary>
internal readonly record struct Subject
{
    /// <summary>One channel.</summary>
    public Subject(string channel) => Name = channel;

    /// <summary>Several channels.</summary>
    public Subject(ChannelSelection selection) => (Name, Selection) = (selection.Text, selection);

    /// <summary>The channel's name, or the selection as it is written.</summary>
    public string Name { get; }

    /// <summary>The channels, where they are several; otherwise null.</summary>
    public ChannelSelection? Selection { get; }

    /// <summary>Whether it is one channel.</summary>
    public bool IsOne => Selection is null;

    /// <summary>Reads it from a path that begins with a slash.</summary>
    /// <returns>The rule that it breaks, or null.</returns>
    public static string? Read(ReadOnlySpan<char> path, out Subject subject)
    {
        subject = default;
        if (RequestPath.Decode(path, out var text) is { } broken)
        {
            return broken;
        }

        if (!ChannelSelection.IsSelection(text))
        {
            subject = new Subject(text);
            return ChannelName.Violation(text);
        }

        if (ChannelSelection.Read(text, static name => SystemEndpoints.Owns("/" + name), out var selection) is { } rule)
        {
            return rule;
        }

        subject = new Subject(selection!);
        return null;
    }
}
