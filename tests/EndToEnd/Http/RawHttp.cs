using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>HTTP byte by byte, for what no client library would send.</summary>
internal static class RawHttp
{
    /// <summary>Sends a request line and headers, and reads the answer up to the end of its body or of the connection.</summary>
    public static async Task<string> Send(Uri node, string head, byte[]? rest = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Host, node.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n"));
        await stream.WriteAsync(rest ?? []);
        var answer = new MemoryStream();
        var buffer = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await stream.ReadAsync(buffer, patience.Token) is > 0 and var count)
        {
            answer.Write(buffer, 0, count);
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>Sends a request line and headers, and nothing more; reads the head of the answer.</summary>
    public static async Task<string> Head(Uri node, string head)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Host, node.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var lines = new StreamReader(stream, Encoding.Latin1);
        var answer = new StringBuilder();
        while (await lines.ReadLineAsync(patience.Token) is { Length: > 0 } line)
        {
            answer.AppendLine(line);
        }

        return answer.ToString();
    }

    public static Task<string> Get(Uri node, string target) => Send(node, $"GET {target} HTTP/1.1\nHost: {node.Authority}\nConnection: close");
}
