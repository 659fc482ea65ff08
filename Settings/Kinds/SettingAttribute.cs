using System.Diagnostics.CodeAnalysis;

namespace OrleansGateway.Settings;

/// <summary>Makes a property of an options class a setting, and says what kind of value it takes. Its default is the property's own.</summary>
/// <param name="meaning">What it means, in a sentence without a full stop.</param>
[AttributeUsage(AttributeTargets.Property)]
public abstract class SettingAttribute(string meaning) : Attribute
{
    /// <summary>What it means, in a sentence without a full stop.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>The flag, such as <c>--http</c>; empty where it has none.</summary>
    public string Flag { get; init; } = string.Empty;

    /// <summary>What stands for the value in a usage line, such as <c>PORT</c>; empty for a switch.</summary>
    public string ValueName { get; init; } = string.Empty;

    /// <summary>Whose command line knows the flag. Default: all.</summary>
    public Parts AcceptedBy { get; init; } = Parts.All;

    /// <summary>Who does something with the value. Default: a node.</summary>
    public Parts UsedBy { get; init; } = Parts.Node;

    /// <summary>Whether a reload applies a change of it. Default: no.</summary>
    public bool Reloads { get; init; }

    /// <summary>Whether it has to be said, as there is no default that means something.</summary>
    public bool Required { get; init; }

    /// <summary>What holds where nothing is said, in words, where that is no value; empty where it is the property's.</summary>
    public string DefaultInWords { get; init; } = string.Empty;

    /// <summary>The word for this kind, such as <c>size</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What is allowed, in words that go on after "allowed is".</summary>
    public abstract string Allowed { get; }

    /// <summary>What a value without a unit counts, such as <c>messages</c>; empty where a value says its unit itself, or has none.</summary>
    public virtual string Unit => string.Empty;

    /// <summary>Whether JSON has this kind, so that a value needs no quotes.</summary>
    public virtual bool IsLiteral => false;

    /// <summary>Whether it takes several values: an array in JSON, else separated by commas.</summary>
    public virtual bool IsList => false;

    /// <summary>The values that there are, where they are few words; else none.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Values that are known but do not work yet.</summary>
    public virtual IReadOnlyList<string> NotYet => [];

    /// <summary>Reads a value as people write it.</summary>
    /// <returns>Whether it is allowed.</returns>
    public abstract bool TryRead(string text, [MaybeNullWhen(false)] out object? value);

    /// <summary>Writes a value as <see cref="TryRead"/> reads it, in the shortest way.</summary>
    public virtual string Write(object? value) => value?.ToString() ?? string.Empty;
}
