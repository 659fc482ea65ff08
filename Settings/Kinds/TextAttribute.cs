using System.Net;
using System.Text;
using OrleansGateway.Numbers;

namespace OrleansGateway.Settings;

/// <summary>A text of a certain form.</summary>
public abstract class TextAttribute(string meaning) : SettingAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "text";

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        value = text;
        return Fits(text);
    }

    /// <summary>Whether a text has the form.</summary>
    protected abstract bool Fits(string text);
}

/// <summary>An IP address to listen on.</summary>
public sealed class AddressAttribute(string meaning) : TextAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "address";

    /// <inheritdoc/>
    public override string Allowed => "an IP address of this machine, or 0.0.0.0 for all of them";

    /// <inheritdoc/>
    protected override bool Fits(string text) => IPAddress.TryParse(text, out _);
}

/// <summary>A TCP server: <c>HOST:PORT</c>.</summary>
public sealed class HostPortAttribute(string meaning) : TextAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "host:port";

    /// <inheritdoc/>
    public override string Allowed => "HOST:PORT, such as 127.0.0.1:7776";

    /// <inheritdoc/>
    protected override bool Fits(string text) => HostPort.TryParse(text, out _);
}

/// <summary>A directory, which need not exist yet.</summary>
public sealed class DirectoryAttribute(string meaning) : TextAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "directory";

    /// <inheritdoc/>
    public override string Allowed => "a directory";

    /// <inheritdoc/>
    protected override bool Fits(string text) => text.Trim().Length > 0 && !text.Contains('\0', StringComparison.Ordinal) && !File.Exists(text);
}

/// <summary>The name of a channel that may be published to. The rules are those of <c>ChannelName</c>, which this project is below of.</summary>
public sealed class ChannelAttribute(string meaning) : TextAttribute(meaning)
{
    private const int MaxBytes = 256;

    /// <inheritdoc/>
    public override string Kind => "channel";

    /// <inheritdoc/>
    public override string Allowed => "the name of a channel, such as market/ticker";

    /// <summary>Whether a text can be the name of a channel.</summary>
    public static bool IsName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= MaxBytes
            && !text.Any(x => char.IsControl(x) || x is ',' or '*')
            && IsUtf8(text)
            && text.Split('/').All(x => x is not ("" or "." or ".."));
    }

    /// <inheritdoc/>
    protected override bool Fits(string text) => IsName(text);

    private static bool IsUtf8(string text)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text) <= MaxBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}

/// <summary>Origins of web pages.</summary>
public sealed class OriginsAttribute(string meaning) : SettingAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "list";

    /// <inheritdoc/>
    public override string Allowed => "a list of origins, each SCHEME://HOST or SCHEME://HOST:PORT, such as https://app.example";

    /// <inheritdoc/>
    public override bool IsList => true;

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        ArgumentNullException.ThrowIfNull(text);
        var origins = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        value = origins;
        return origins.All(x => Uri.TryCreate(x, UriKind.Absolute, out var uri)
            && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && x.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override string Write(object? value) => string.Join(",", (IEnumerable<string>)value!);
}
