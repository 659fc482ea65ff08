using System.Text;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary>
/// The key that makes the retry of a publish safe (draft-ietf-httpapi-idempotency-key-header). There it is a structured
/// string (RFC 9651, section 3.3.3); a bare one is taken too, so <c>"k"</c> and <c>k</c> are the same.
/// </summary>
internal static class IdempotencyKey
{
    /// <summary>The name of the header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int MaxLength = 255;

    private const string Rule = "A key has 1 to 255 printable ASCII characters.";

    /// <summary>Reads the header.</summary>
    /// <returns>What is wrong with it, or null. Without the header there is no key.</returns>
    public static Problem? Read(StringValues header, out string? key)
    {
        key = null;
        if (header.Count == 0)
        {
            return null;
        }

        var text = header.Count == 1 ? header.ToString().Trim(' ', '\t') : null;
        var unquoted = text;
        var rule = text is null ? "A request has one Idempotency-Key."
            : text.StartsWith('"') && !TryUnquote(text, out unquoted) ? "A key that begins with a quote ends with one; within it, \\\" is a quote and \\\\ a backslash."
            : Violation(unquoted!);
        key = rule is null ? unquoted : null;
        return rule is null ? null : Problem.BadRequest("idempotency-key", rule);
    }

    /// <summary>Checks a key that stands for itself.</summary>
    /// <returns>The rule that it breaks, or null.</returns>
    public static string? Violation(string key) => key.Length is 0 or > MaxLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~') ? Rule : null;

    private static bool TryUnquote(string text, out string? unquoted)
    {
        unquoted = null;
        var result = new StringBuilder(text.Length);
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    unquoted = result.ToString();
                    return i == text.Length - 1;
                case '\\' when i + 1 < text.Length && text[i + 1] is '"' or '\\':
                    result.Append(text[++i]);
                    break;
                case '\\':
                    return false;
                default:
                    result.Append(text[i]);
                    break;
            }
        }

        return false;
    }
}
