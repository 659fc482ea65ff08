using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Conformance.Clients;

/// <summary>HTTP/1.1 byte by byte over a TCP connection. Every wait has a deadline.</summary>
internal sealed class Connection : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private Connection(TcpClient client) => (_client, _stream) = (client, new BufferedStream(client.GetStream()));

    public static async Task<Connection> Open(Uri node)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(node.Host, node.Port);
        return new Connection(client);
    }

    /// <summary>Opens one and sends lines: a request line and headers, and the empty line after them.</summary>
    public static async Task<Connection> Open(Uri node, params string[] lines)
    {
        var connection = await Open(node);
        await connection.SendLines(lines);
        return connection;
    }

    public Task SendLines(params string[] lines) => SendBytes(Encoding.Latin1.GetBytes(string.Concat(lines.Select(x => x + "\r\n")) + "\r\n"));

    public Task Send(string text) => SendBytes(Encoding.Latin1.GetBytes(text));

    public async Task SendBytes(ReadOnlyMemory<byte> bytes) => await _client.GetStream().WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>Sends a FIN: nothing more will come.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a RST, as a client does whose program is killed while bytes wait for it.</summary>
    public void Reset() => _client.Client.Close(0);

    public async Task<Head> ReadHead()
    {
        var status = await ReadLine();
        var headers = new List<(string, string)>();
        while (await ReadLine() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }

        return new Head(status, headers);
    }

    /// <summary>Reads a head and the body that comes with it.</summary>
    public async Task<Answer> ReadAnswer(string method = "GET")
    {
        var head = await ReadHead();
        var body = new MemoryStream();
        if (method != "HEAD" && head.Status is not (204 or 304) && head.Status >= 200)
        {
            await BodyOf(head).CopyToAsync(body).WaitAsync(Patience);
        }

        return new Answer(head, body.ToArray());
    }

    /// <summary>The body of an answer: its chunks, its length, or all up to the connection's end (RFC 9112, section 6.3).</summary>
    public Stream BodyOf(Head head) => new BodyStream(
        this,
        head["Transfer-Encoding"] == "chunked" ? BodyFraming.Chunked : head["Content-Length"] is null ? BodyFraming.ToTheEnd : BodyFraming.Length,
        long.Parse(head["Content-Length"] ?? "0", CultureInfo.InvariantCulture));

    /// <summary>Reads one chunk as it was framed; the last one is empty.</summary>
    public async Task<byte[]> ReadChunk()
    {
        var chunk = await ReadExactly(int.Parse(await ReadLine(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        Assert.Equal(string.Empty, await ReadLine());
        return chunk;
    }

    public async Task<byte[]> ReadExactly(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience);
        return bytes;
    }

    /// <summary>Reads what there is, up to so many bytes; none at the end.</summary>
    public Task<int> Read(Memory<byte> buffer) => _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);

    /// <summary>Reads up to the connection's end.</summary>
    /// <exception cref="IOException">It was reset.</exception>
    public async Task<byte[]> ReadToEnd()
    {
        var all = new MemoryStream();
        await _stream.CopyToAsync(all).WaitAsync(Patience);
        return all.ToArray();
    }

    public async Task<string> ReadLine()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (!(line.Length > 0 && line[^1] == '\n'))
        {
            Assert.True(await Read(one) == 1, $"the connection ended after '{line}'");
            line.Append((char)one[0]);
        }

        Assert.EndsWith("\r\n", line.ToString(), StringComparison.Ordinal);
        return line.ToString(0, line.Length - 2);
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>A status line and headers.</summary>
internal sealed record Head(string StatusLine, IReadOnlyList<(string Name, string Value)> Headers)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>A header's value, those of several joined by commas; null where there is none.</summary>
    public string? this[string name] =>
        Headers.Where(x => x.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(x => x.Value).ToArray() is { Length: > 0 } values ? string.Join(", ", values) : null;
}

/// <summary>What a request was answered with.</summary>
internal sealed record Answer(Head Head, byte[] Body)
{
    public int Status => Head.Status;

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The lines of its body, each a JSON object.</summary>
    public JsonElement[] Lines => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonDocument.Parse(x).RootElement)];

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? this[string header] => Head[header];
}
