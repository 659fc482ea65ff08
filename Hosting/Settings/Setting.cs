using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>One setting: its flag on a command line, its key in the configuration, and what may stand there.</summary>
public sealed class Setting
{
    internal Setting(string flag, string key, string @default, string valueName, string allowed, Func<string, bool> isAllowed, string meaning)
    {
        Flag = flag;
        Key = key;
        Default = @default;
        ValueName = valueName;
        Allowed = allowed;
        IsAllowed = isAllowed;
        Meaning = meaning;
    }

    /// <summary>The flag, such as <c>--http</c>.</summary>
    public string Flag { get; }

    /// <summary>The key in the configuration, such as <c>Gateway:Http</c>; in the environment <c>Gateway__Http</c>.</summary>
    public string Key { get; }

    /// <summary>What holds where nothing is said.</summary>
    public string Default { get; }

    /// <summary>What stands for the value in a usage line, such as <c>PORT</c>; empty for a switch, which is true when it is there.</summary>
    public string ValueName { get; }

    /// <summary>What is allowed, in words that go on after "allowed is", with the unit.</summary>
    public string Allowed { get; }

    /// <summary>What it means, in a sentence without a full stop.</summary>
    public string Meaning { get; }

    /// <summary>Whose command line knows the flag. Default: all.</summary>
    public Parts AcceptedBy { get; internal init; } = Parts.All;

    /// <summary>Who does something with the value. Default: all.</summary>
    public Parts UsedBy { get; internal init; } = Parts.All;

    /// <summary>Whether a reload of the configuration applies a change of it. Default: no.</summary>
    public bool Reloads { get; internal init; }

    /// <summary>Whether it is a switch: a flag that needs no value.</summary>
    public bool IsSwitch => ValueName.Length == 0;

    /// <summary>Values that are known but do not work yet.</summary>
    internal IReadOnlyList<string> NotYet { get; init; } = [];

    private Func<string, bool> IsAllowed { get; }

    /// <summary>The flag and the key, as messages name a setting.</summary>
    public override string ToString() => $"{Flag} ({Key})";

    /// <summary>Its value in a configuration, or the default.</summary>
    public string In(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration[Key] ?? Default;
    }

    /// <summary>Says in one line what is wrong with a value; null when nothing is.</summary>
    public string? Refuse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return NotYet.Contains(value) ? $"{this} is '{value}', which is not available yet; allowed is {Allowed}"
            : IsAllowed(value) ? null
            : Refusal(value, $"allowed is {Allowed}");
    }

    internal string Refusal(string value, string why) => $"{this} is '{value}'; {why}";
}
