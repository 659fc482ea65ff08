namespace OrleansGateway.Settings;

/// <summary>One of a few words.</summary>
public class ChoiceAttribute : SettingAttribute
{
    private readonly string[] _words;
    private readonly Type? _enum;

    /// <summary>One of these words, written so.</summary>
    public ChoiceAttribute(string meaning, params string[] words)
        : base(meaning) => _words = words;

    /// <summary>One of the values of an enumeration, in any case.</summary>
    public ChoiceAttribute(string meaning, Type @enum)
        : base(meaning) => (_enum, _words) = (@enum, Enum.GetNames(@enum));

    /// <summary>Words that are known but do not work yet, separated by spaces.</summary>
    public string ToCome { get; init; } = string.Empty;

    /// <inheritdoc/>
    public override string Kind => "choice";

    /// <inheritdoc/>
    public override string Allowed => _words.Length == 1 ? _words[0] : $"{string.Join(", ", _words[..^1])} or {_words[^1]}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => _words;

    /// <inheritdoc/>
    public override IReadOnlyList<string> NotYet => ToCome.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        var word = _words.FirstOrDefault(x => x.Equals(text, _enum is null ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));
        value = word is null || _enum is null ? word : Enum.Parse(_enum, word);
        return word is not null;
    }
}

/// <summary>True or false; its flag needs no value.</summary>
public sealed class SwitchAttribute(string meaning) : SettingAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "switch";

    /// <inheritdoc/>
    public override string Allowed => "true or false";

    /// <inheritdoc/>
    public override bool IsLiteral => true;

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        var isRead = bool.TryParse(text, out var on);
        value = on;
        return isRead;
    }

    /// <inheritdoc/>
    public override string Write(object? value) => value is true ? "true" : "false";
}
