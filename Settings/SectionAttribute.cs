namespace OrleansGateway.Settings;

/// <summary>The section of the configuration that the settings of an options class are in.</summary>
/// <param name="path">The section, such as <c>Gateway</c>.</param>
/// <param name="title">What the settings are about, as a heading.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SectionAttribute(string path, string title) : Attribute
{
    /// <summary>The section, such as <c>Gateway</c>.</summary>
    public string Path => path;

    /// <summary>What the settings are about.</summary>
    public string Title => title;

    /// <summary>What stands for the name where each subsection has a name of its own, such as <c>NAME</c>; empty where there are none.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Whether a subsection is itself the value.</summary>
    public bool IsValue { get; init; }

    /// <summary>What holds where nothing is said, in words, where that is no value.</summary>
    public string Default { get; init; } = string.Empty;

    /// <summary>The key of a property of the class.</summary>
    internal string KeyOf(string property) => (Name.Length, IsValue) switch
    {
        (0, _) => $"{path}:{property}",
        (_, true) => $"{path}:{Name}",
        _ => $"{path}:{Name}:{property}",
    };
}
