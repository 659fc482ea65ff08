using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>
/// A message's bytes. They say who sent them where as the how manieth, and end with a checksum of all before it, so that a
/// message that was cut, mixed or delivered on another channel gives itself away. One line of JSON: every transport can carry it.
/// </summary>
internal static class Body
{
    private const int Tail = 26; // ,"sum":"0123456789abcdef"}

    /// <summary>Makes it; the same arguments make the same bytes, so a retry needs to remember none.</summary>
    public static byte[] Make(int publisher, int number, string channel, int padding)
    {
        // Some letters are more than one byte in UTF-8, where a cut hurts.
        ReadOnlySpan<char> letters = "abcdefghijklmnopqrstuvwxyz0123456789 <&>äß€日本";
        var random = new Random(HashCode(publisher, number));
        var pad = new string(random.GetItems(letters, padding));
        var head = Encoding.UTF8.GetBytes($"{{\"publisher\":{publisher},\"number\":{number},\"channel\":\"{channel}\",\"pad\":\"{pad}\"");
        return [.. head, .. Encoding.ASCII.GetBytes($",\"sum\":\"{Sum(head):x16}\"}}")];
    }

    /// <summary>Reads and checks one that came on a channel.</summary>
    public static Content Read(ReadOnlySpan<byte> body, string? channel)
    {
        var damaged = Content.Damaged(body.Length);
        if (body.Length <= Tail
            || !body[^Tail..].StartsWith(",\"sum\":\""u8)
            || !body.EndsWith("\"}"u8)
            || !ulong.TryParse(Encoding.ASCII.GetString(body[^18..^2]), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var sum)
            || sum != Sum(body[..^Tail]))
        {
            return damaged;
        }

        var json = new Utf8JsonReader(body);
        json.Read();
        var publisher = Value(ref json).GetInt32();
        var number = Value(ref json).GetInt32();
        return channel is null || Value(ref json).ValueTextEquals(channel) ? new Content(publisher, number, sum) : damaged;
    }

    private static ref Utf8JsonReader Value(ref Utf8JsonReader json)
    {
        json.Read();
        json.Read();
        return ref json;
    }

    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BitConverter.ToUInt64(hash);
    }

    // Not System.HashCode, which differs from process to process.
    private static int HashCode(int publisher, int number) => unchecked((publisher * 486_187_739) + number);
}
