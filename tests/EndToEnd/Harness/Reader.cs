using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace OrleansGateway.Tests.EndToEnd.Harness;

/// <summary>A subscriber that reads texts over one transport and notes when each came.</summary>
internal sealed class Reader : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<(string Text, long At)> _messages = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public required string Name { get; init; }

    /// <summary>Ends when the stream ends.</summary>
    public Task Ended => _reading;

    public List<(string Text, long At)> Messages
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_messages)
            {
                return _messages.Count;
            }
        }
    }

    public static async Task<Reader> Open(Uri node, string channel, string transport)
    {
        var reader = new Reader { Name = $"{transport} at {node.Port}" };
        if (transport == "ws")
        {
            var socket = new ClientWebSocket();
            await socket.ConnectAsync(new UriBuilder(new Uri(node, channel)) { Scheme = "ws" }.Uri, CancellationToken.None);
            reader._reading = reader.ReadWebSocket(socket);
        }
        else
        {
            var stream = await Http.GetStreamAsync(new Uri(node, $"/{channel}?as={transport}"));
            reader._reading = reader.ReadLines(stream, transport switch { "sse" => "data: ", _ => string.Empty }, transport == "tail");
        }

        return reader;
    }

    public Task WaitForMore(string what, int more = 1, double seconds = 15)
    {
        var goal = Count + more;
        return Until.True(() => Count >= goal, $"{Name}: {what}", seconds);
    }

    /// <summary>Checks that the numbers only grow; returns the longest time without one after <paramref name="since"/>.</summary>
    public TimeSpan CheckNumbers(long since = 0)
    {
        var (last, lastAt, longest) = (0L, 0L, TimeSpan.Zero);
        foreach (var (text, at) in Messages)
        {
            var number = long.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(number > last, $"{Name}: {number} after {last}");
            if (at >= since && lastAt != 0 && Stopwatch.GetElapsedTime(lastAt, at) is var gap && gap > longest)
            {
                longest = gap;
            }

            (last, lastAt) = (number, at);
        }

        return longest;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Add(string text)
    {
        lock (_messages)
        {
            _messages.Add((text, Stopwatch.GetTimestamp()));
        }
    }

    private async Task ReadWebSocket(ClientWebSocket socket)
    {
        using (socket)
        {
            var buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer.AsMemory(), _stop.Token) is { MessageType: not WebSocketMessageType.Close } message)
            {
                Add(Encoding.UTF8.GetString(buffer, 0, message.Count));
            }
        }
    }

    private async Task ReadLines(Stream stream, string prefix, bool parts)
    {
        using var lines = new StreamReader(stream);
        var inHead = false;
        while (await lines.ReadLineAsync(_stop.Token) is { } line)
        {
            if (parts)
            {
                // Head, empty line, body, boundary.
                inHead = line.StartsWith("--", StringComparison.Ordinal) || (inHead && line.Length > 0);
                if (!inHead && line.Length > 0)
                {
                    Add(line);
                }
            }
            else if (line.Length > prefix.Length && line.StartsWith(prefix, StringComparison.Ordinal))
            {
                Add(line[prefix.Length..]);
            }
        }
    }
}
