namespace OrleansGateway.Hosting;

/// <summary>A setting that has a flag.</summary>
/// <param name="Flag">The flag, such as <c>--http</c>.</param>
/// <param name="Key">Its key in the configuration.</param>
/// <param name="Default">The value where nobody says otherwise.</param>
/// <param name="Value">What stands after the flag in help; empty for a switch.</param>
/// <param name="Allowed">Which values are allowed, in words.</param>
/// <param name="Meaning">What it is, in words.</param>
/// <param name="IsAllowed">Whether a value is allowed.</param>
internal sealed record Setting(string Flag, string Key, string Default, string Value, string Allowed, string Meaning, Func<string, bool> IsAllowed)
{
    /// <summary>Whether the flag has no value.</summary>
    public bool IsSwitch => Value.Length == 0;

    /// <summary>The one line that tells of a value that is not allowed.</summary>
    public string Refusal(string value) => $"{Key} ({Flag}) is '{value}'; allowed is {Allowed}";
}
