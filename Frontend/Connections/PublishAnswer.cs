using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>The answer to a plain publish, with its head: the same as the web server's endpoint gives.</summary>
internal static class PublishAnswer
{
    /// <summary>What <see cref="WritePlain"/> needs at most.</summary>
    public const int MaxPlainBytes = 512;

    private static ReadOnlySpan<byte> PlainHead => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nMessage-Id: "u8;

    /// <summary>Says OK.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int WritePlain(Span<byte> into, in PublishResult result)
    {
        var rest = into;
        Append(ref rest, PlainHead);
        rest = rest[Encoding.ASCII.GetBytes(result.Epoch, rest)..];
        Append(ref rest, "-"u8);
        _ = Utf8Formatter.TryFormat(result.FirstOffset, rest, out var digits);
        rest = rest[digits..];
        Append(ref rest, "\r\n"u8);
        Append(ref rest, ResponseHead.Date);
        Append(ref rest, "\r\nOK\n"u8);
        return into.Length - rest.Length;
    }

    /// <summary>Says it in JSON.</summary>
    public static byte[] Json(string channel, in PublishResult result) => Of(
        200, "application/json", $"Message-Id: {new MessageId(result.Epoch, result.FirstOffset)}\r\n", PublishEndpoint.Json(channel, result));

    /// <summary>Says what went wrong.</summary>
    public static byte[] Of(Problem problem) =>
        Of(problem.Status, Problem.ContentType, problem.Status == 503 ? "Retry-After: 1\r\n" : string.Empty, problem.ToBody());

    private static byte[] Of(int status, string type, string header, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Length: {body.Length}\r\nContent-Type: {type}\r\nCache-Control: no-store\r\n{header}"),
        .. ResponseHead.Date,
        .. "\r\n"u8,
        .. body,
    ];

    private static void Append(ref Span<byte> into, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(into);
        into = into[bytes.Length..];
    }
}
