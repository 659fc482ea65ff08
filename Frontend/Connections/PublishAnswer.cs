using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;
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

    /// <summary>Says OK, which most are told: byte by byte, since a table of headers would cost more than all else here.</summary>
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
    public static byte[] Json(string channel, in PublishResult result)
    {
        var (headers, body) = (new HeaderDictionary(), PublishEndpoint.Json(channel, result));
        PublishEndpoint.SetHeaders(headers, new MessageId(result.Epoch, result.FirstOffset).ToString(), "application/json", body.Length);
        return Whole(StatusCodes.Status200OK, headers, body);
    }

    /// <summary>Says what went wrong.</summary>
    public static byte[] Of(Problem problem)
    {
        var (headers, body) = (new HeaderDictionary(), problem.ToBody());
        problem.SetHeaders(headers, body.Length);
        return Whole(problem.Status, headers, body);
    }

    private static byte[] Whole(int status, HeaderDictionary headers, byte[] body)
    {
        var answer = new ArrayBufferWriter<byte>();
        ResponseHead.Write(answer, status, headers);
        answer.Write(body);
        return answer.WrittenSpan.ToArray();
    }

    private static void Append(ref Span<byte> into, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(into);
        into = into[bytes.Length..];
    }
}
