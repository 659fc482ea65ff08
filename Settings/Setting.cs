using System.Globalization;
using System.Reflection;

namespace OrleansGateway.Settings;

/// <summary>
/// One setting: its key in the configuration, its flag where it has one, what may stand there, and what holds where nothing is said. It is made
/// from a property of an options class and the attribute there.
/// </summary>
public sealed class Setting
{
    private readonly SectionAttribute _section;
    private readonly SettingAttribute _kind;
    private readonly PropertyInfo _property;
    private readonly string _before;
    private readonly string _after;

    internal Setting(SectionAttribute section, PropertyInfo property, SettingAttribute kind, object defaults)
    {
        (_section, _property, _kind) = (section, property, kind);
        Key = section.KeyOf(property.Name);
        Default = section.Default.Length > 0 ? section.Default
            : kind.Required ? "none, it has to be said"
            : kind.DefaultInWords.Length > 0 ? kind.DefaultInWords
            : kind.Write(property.GetValue(defaults));
        var place = section.Name.Length == 0 ? Key.Length : section.Path.Length + 1;
        (_before, _after) = (Key[..place], Key[Math.Min(Key.Length, place + section.Name.Length)..]);
    }

    /// <summary>The key in the configuration, such as <c>Gateway:Http</c>; where it is one of many, with a word in capitals for the name: <c>Gateway:Bridges:NAME:Source</c>.</summary>
    public string Key { get; }

    /// <summary>What holds where nothing is said.</summary>
    public string Default { get; }

    /// <summary>What the settings of its group are about.</summary>
    public string Section => _section.Title;

    /// <summary>The flag, such as <c>--http</c>; empty where it has none.</summary>
    public string Flag => _kind.Flag;

    /// <summary>What stands for the value in a usage line, such as <c>PORT</c>; empty for a switch, which is true when it is there.</summary>
    public string ValueName => _kind.ValueName;

    /// <summary>The word for its kind of value, such as <c>size</c>.</summary>
    public string Kind => _kind.Kind;

    /// <summary>What is allowed, in words that go on after "allowed is", with the unit.</summary>
    public string Allowed => _kind.Allowed;

    /// <summary>The values that there are, where they are few words; else none.</summary>
    public IReadOnlyList<string> Words => _kind.Words;

    /// <summary>What a number counts; empty where the value says its unit itself, or has none.</summary>
    public string Unit => _kind.Unit;

    /// <summary>What it means, in a sentence without a full stop.</summary>
    public string Meaning => _kind.Meaning;

    /// <summary>Whose command line knows the flag.</summary>
    public Parts AcceptedBy => Flag.Length == 0 ? Parts.None : _kind.AcceptedBy;

    /// <summary>Who does something with the value.</summary>
    public Parts UsedBy => _kind.UsedBy;

    /// <summary>Whether a reload of the configuration applies a change of it.</summary>
    public bool Reloads => _kind.Reloads;

    /// <summary>Whether it is a switch: a flag that needs no value.</summary>
    public bool IsSwitch => _kind is SwitchAttribute;

    /// <summary>Whether its value is several ones.</summary>
    public bool IsList => _kind.IsList;

    /// <summary>Whether JSON has values of its kind, so that they need no quotes.</summary>
    public bool IsLiteral => _kind.IsLiteral;

    /// <summary>Whether there are many of it, by names.</summary>
    public bool IsPattern => _section.Name.Length > 0;

    /// <summary>Whether it has to be said wherever another one of the same name is.</summary>
    public bool IsRequired => _kind.Required;

    /// <summary>The flag and the key, as messages name a setting.</summary>
    public override string ToString() => Name(null);

    /// <summary>The environment variable of a key.</summary>
    public static string VariableOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Replace(":", "__", StringComparison.Ordinal);
    }

    /// <summary>The key of it that has a name; its only one where it has no names.</summary>
    public string KeyOf(string? name) => name is null ? Key : _before + name + _after;

    /// <summary>The name in a key of it; empty where it is the only one; null where the key is not its own.</summary>
    public string? NameIn(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return !IsPattern ? key.Equals(Key, StringComparison.OrdinalIgnoreCase) ? string.Empty : null
            : key.Length > _before.Length + _after.Length
                && key.StartsWith(_before, StringComparison.OrdinalIgnoreCase) && key.EndsWith(_after, StringComparison.OrdinalIgnoreCase)
                ? key[_before.Length..^_after.Length]
                : null;
    }

    /// <summary>Says in one line what is wrong with a value; null when nothing is.</summary>
    /// <param name="value">The value.</param>
    /// <param name="key">Its key, where it is one of many.</param>
    /// <param name="origin">Where it came from, such as <c>in the environment</c>; null where the flag says it.</param>
    public string? Refuse(string value, string? key = null, string? origin = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        return _kind.NotYet.Contains(value) ? Refusal(value, $"which is not available yet; allowed is {Allowed}", key, origin, ", ")
            : _kind.TryRead(value, out _) ? null
            : Refusal(value, $"allowed is {Allowed}", key, origin);
    }

    /// <summary>The value as it is written in the shortest way; as it is where it is not allowed.</summary>
    public string Canonical(string value) => _kind.TryRead(value, out var read) ? _kind.Write(read) : value;

    /// <summary>Whether the property of an options class is this one.</summary>
    internal bool IsOf(Type options, string property) => _property.ReflectedType == options && _property.Name == property;

    /// <summary>Writes a value, which is allowed, into an object of its options class.</summary>
    internal void Fill(object options, string value)
    {
        _ = _kind.TryRead(value, out var read);
        var type = Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;
        _property.SetValue(options, read is IConvertible && !type.IsEnum ? Convert.ChangeType(read, type, CultureInfo.InvariantCulture) : read);
    }

    internal string Refusal(string value, string why, string? key = null, string? origin = null, string joint = "; ") =>
        $"{Name(key)} is '{value}'{(origin is null ? "" : $" {origin}")}{joint}{why}";

    private string Name(string? key) => Flag.Length == 0 ? key ?? Key : $"{Flag} ({key ?? Key})";
}
