using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansGateway.Connections;

/// <summary>Writes the head of a response (RFC 9112, sections 4 and 5).</summary>
internal static class ResponseHead
{
    private static Stamp s_date = new(0, []);

    /// <summary>The header <c>Date</c> of now (RFC 9110, section 6.6.1), with its line's end.</summary>
    public static ReadOnlySpan<byte> Date
    {
        get
        {
            var second = Environment.TickCount64 / 1000;
            var date = Volatile.Read(ref s_date);
            if (date.Second != second)
            {
                date = new Stamp(second, Encoding.ASCII.GetBytes($"Date: {TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture)}\r\n"));
                Volatile.Write(ref s_date, date);
            }

            return date.Line;
        }
    }

    /// <summary>Writes it, with the empty line at its end.</summary>
    public static void Write(IBufferWriter<byte> output, int status, IHeaderDictionary headers)
    {
        var text = new StringBuilder(512);
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n");
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                {
                    throw new InvalidOperationException($"The value of {name} is no header's.");
                }

                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        foreach (var piece in text.GetChunks())
        {
            Encoding.ASCII.GetBytes(piece.Span, output);
        }

        output.Write(Date);
        output.Write("\r\n"u8);
    }

    private sealed record Stamp(long Second, byte[] Line);
}
