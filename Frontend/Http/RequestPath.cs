using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Channels;

namespace OrleansGateway.Http;

/// <summary>Reads a channel's name from the target as the client sent it, since a decoded path no longer tells <c>%2F</c> from <c>/</c>.</summary>
internal static class RequestPath
{
    /// <summary>The longest request line, in bytes, without its end.</summary>
    public const int MaxRequestLine = 16 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a request's line is longer than <see cref="MaxRequestLine"/>.</summary>
    public static bool IsRequestLineTooLong(HttpContext context)
    {
        var request = context.Features.Get<IHttpRequestFeature>()!;
        return request.Method.Length + request.RawTarget.Length + request.Protocol.Length + 2 > MaxRequestLine;
    }

    /// <summary>The path of a request target, without its query: of <c>/a?b</c> and of <c>http://host/a?b</c> it is <c>/a</c>.</summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        // The query first: a slash in it is none of the path.
        target = target.IndexOfAny('?', '#') is >= 0 and var end ? target[..end] : target;
        if (!target.StartsWith("/") && target.IndexOf("://") is > 0 and var scheme)
        {
            target = target[(scheme + 3)..];
            target = target.IndexOf('/') is >= 0 and var slash ? target[slash..] : "/";
        }

        return target;
    }

    /// <summary>Whether a segment is <c>.</c> or <c>..</c>, encoded or not.</summary>
    public static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var segment in path.Split('/'))
        {
            if (path[segment].Length <= "%2E%2E".Length && Uri.UnescapeDataString(path[segment]) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Decodes the name in <paramref name="path"/>, which begins with a slash.</summary>
    /// <returns>The rule that it breaks, or null.</returns>
    public static string? ReadName(ReadOnlySpan<char> path, out string name)
    {
        // Nothing of it can be decoded into a name: do not try.
        if (path.Length > (ChannelName.MaxBytes * 3) + 1)
        {
            name = string.Empty;
            return ChannelName.TooLong;
        }

        return Decode(path, out name) ?? ChannelName.Violation(name);
    }

    /// <summary>Decodes the name or the selection in <paramref name="path"/>, which begins with a slash.</summary>
    /// <returns>The rule that it breaks, or null.</returns>
    public static string? Decode(ReadOnlySpan<char> path, out string name)
    {
        name = string.Empty;
        if (path.IsEmpty || path[0] != '/')
        {
            return "A channel's path begins with '/'.";
        }

        var encoded = path[1..];
        if (!encoded.ContainsAnyExceptInRange('!', '~') && !encoded.Contains('%'))
        {
            name = encoded.ToString();
            return null;
        }

        var bytes = new byte[encoded.Length * 3];
        var count = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                // Up to the next '%' in one go: a character may be a pair.
                var plain = encoded[i..];
                plain = plain.IndexOf('%') is >= 0 and var end ? plain[..end] : plain;
                count += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(count));
                i += plain.Length - 1;
                continue;
            }

            if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
            {
                return "A '%' is followed by two hexadecimal digits.";
            }

            var value = Convert.FromHexString(encoded.Slice(i + 1, 2))[0];
            if (value == (byte)'/')
            {
                return "A channel's name has no '%2F': it is not a separator.";
            }

            bytes[count++] = value;
            i += 2;
        }

        try
        {
            name = Strict.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return "A channel's name is UTF-8.";
        }

        return null;
    }
}
