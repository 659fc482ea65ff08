using System.Buffers;
using System.Buffers.Text;
using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>A plain POST or PUT: what it publishes, and how it is answered.</summary>
internal readonly struct DirectPublish
{
    private readonly Publication _publication;
    private readonly bool _asJson;

    private DirectPublish(Publication publication, bool asJson) => (_publication, _asJson) = (publication, asJson);

    /// <summary>Reads one.</summary>
    /// <returns>Null where something is wrong with it: the web server's endpoint says what.</returns>
    public static DirectPublish? Read(in RequestHead head, ReadOnlySpan<byte> body, RequestServices services)
    {
        string? key = null;
        if (body.Length > services.Options.CurrentValue.MaxMessageBytes
            || (!head.IdempotencyKey.IsEmpty && IdempotencyKey.Read(Encoding.ASCII.GetString(head.IdempotencyKey), out key) is not null))
        {
            return null;
        }

        var type = head.ContentType.IsEmpty ? null : Encoding.ASCII.GetString(head.ContentType);
        var asJson = !head.Accept.IsEmpty && !head.Accept.SequenceEqual("*/*"u8) && Negotiation.PrefersJson(Encoding.ASCII.GetString(head.Accept));
        return new DirectPublish(new Publication(new MessageDraft(type, body.ToArray()), Key: key), asJson);
    }

    /// <summary>Publishes and answers.</summary>
    /// <returns>Whether another request may follow.</returns>
    public async Task<bool> Run(ClientConnection connection, string channel, RequestServices services)
    {
        var (asJson, publication) = (_asJson, _publication);
        var (result, problem) = await services.Publisher.Publish(channel, publication);
        var output = new SocketOutput(connection);
        Answer(output, channel, result, problem, asJson);
        return !(await output.FlushAsync()).IsCompleted;
    }

    private static void Answer(SocketOutput output, string channel, in PublishResult result, Problem? problem, bool asJson)
    {
        if (problem is not null)
        {
            var body = problem.ToBody();
            output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {problem.Status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(problem.Status)}\r\n"));
            output.Write(Encoding.ASCII.GetBytes($"Content-Length: {body.Length}\r\nContent-Type: {Problem.ContentType}\r\nCache-Control: no-store\r\n"));
            output.Write(problem.Status == 503 ? "Retry-After: 1\r\n"u8 : default);
            output.Write(ResponseHead.Date);
            output.Write("\r\n"u8);
            output.Write(body);
            return;
        }

        if (asJson)
        {
            var body = PublishEndpoint.Json(channel, result);
            output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nMessage-Id: "));
            WriteId(output, result);
            output.Write(body);
            return;
        }

        output.Write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nMessage-Id: "u8);
        WriteId(output, result);
        output.Write("OK\n"u8);
    }

    private static void WriteId(SocketOutput output, in PublishResult result)
    {
        Span<byte> id = stackalloc byte[256];
        var length = Encoding.ASCII.GetBytes(result.Epoch, id);
        id[length++] = (byte)'-';
        _ = Utf8Formatter.TryFormat(result.FirstOffset, id[length..], out var digits);
        output.Write(id[..(length + digits)]);
        output.Write("\r\n"u8);
        output.Write(ResponseHead.Date);
        output.Write("\r\n"u8);
    }
}
