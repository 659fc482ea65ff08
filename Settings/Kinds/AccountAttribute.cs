namespace OrleansGateway.Settings;

/// <summary>The name of a user or a group of this machine; empty for none.</summary>
public sealed class AccountAttribute(string meaning) : TextAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "account";

    /// <inheritdoc/>
    public override string Allowed => "a name that this machine knows";

    /// <inheritdoc/>
    protected override bool Fits(string text) => !text.StartsWith('-') && text.All(x => char.IsAsciiLetterOrDigit(x) || x is '-' or '_' or '.' or '$');
}

/// <summary>Permissions that new files do not get, as umask(2) takes them: octal, and nothing of the owner's, who needs his files.</summary>
public sealed class UmaskAttribute(string meaning) : TextAttribute(meaning)
{
    private const int GroupAndOthers = 63;

    /// <inheritdoc/>
    public override string Kind => "umask";

    /// <inheritdoc/>
    public override string Allowed => "an octal number, 0 to 077 (the owner needs his files)";

    /// <summary>Reads a mask.</summary>
    public static bool TryParse(string text, out int mask)
    {
        ArgumentNullException.ThrowIfNull(text);
        mask = 0;
        if (text.Length is 0 or > 4 || !text.All(x => x is >= '0' and <= '7'))
        {
            return false;
        }

        mask = Convert.ToInt32(text, fromBase: 8);
        return mask <= GroupAndOthers;
    }

    /// <inheritdoc/>
    protected override bool Fits(string text) => TryParse(text, out _);
}
