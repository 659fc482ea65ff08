using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace OrleansGateway.Tests.Harness;

/// <summary>A subscriber that reads texts over one transport and notes when each came.</summary>
internal sealed class Reader : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<(string Text, long At)> _messages = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>Subscribes; what is published when this returns comes.</summary>
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
            // Headers come also where the channel is not yet reached; what a stream begins with, only then.
            var stream = await Http.GetStreamAsync(new Uri(node, $"/{channel}?as={transport}"));
            var (beginning, prefix) = transport switch { "sse" => ("retry: ", "data: "), "tail" => ("--", string.Empty), _ => (string.Empty, string.Empty) };
            reader._reading = reader.ReadLines(stream, beginning, prefix, transport == "tail");
            await Task.WhenAny(reader._open.Task, reader._reading).WaitAsync(TimeSpan.FromSeconds(30));
        }

        return reader;
    }

    public Task WaitForMore(string what, int more = 1, double seconds = 15)
    {
        var goal = Count + more;
        return Until.True(() => Count >= goal, $"{Name}: {what}", seconds);
    }

    public Task WaitForText(string text, double seconds = 15) => Until.True(() => Messages.Exists(x => x.Text == text), $"{Name}: '{text}' comes", seconds);

    /// <summary>
    /// Checks the numbers of a <see cref="CountingServer"/>: they only grow, and none is of a connection after whose successor's
    /// there was one, so they were fed by one connection at a time.
    /// </summary>
    /// <returns>The longest time without one after <paramref name="since"/>.</returns>
    public TimeSpan CheckNumbers(long since = 0)
    {
        var (last, lastAt, longest) = (default(CountedNumber), 0L, TimeSpan.Zero);
        foreach (var (text, at) in Messages)
        {
            var next = CountedNumber.Parse(text);
            Assert.True(next.Number > last.Number, $"{Name}: {next.Number} after {last.Number}");
            Assert.True(next.Connection >= last.Connection, $"{Name}: {next.Number} of connection {next.Connection} after one of {last.Connection}");
            if (at >= since && lastAt != 0 && Stopwatch.GetElapsedTime(lastAt, at) is var gap && gap > longest)
            {
                longest = gap;
            }

            (last, lastAt) = (next, at);
        }

        return longest;
    }

    /// <summary>Checks that of what one connection sent between two numbers that came nothing is missing. Not for the tail, which may skip.</summary>
    public void CheckComplete()
    {
        var numbers = Messages.ConvertAll(x => CountedNumber.Parse(x.Text));
        for (var i = 1; i < numbers.Count; i++)
        {
            var (last, next) = (numbers[i - 1], numbers[i]);
            Assert.True(
                next.Connection != last.Connection || next.Number == last.Number + 1,
                $"{Name}: {next.Number} after {last.Number}, both of connection {next.Connection}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Add(string text)
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

    private async Task ReadLines(Stream stream, string beginning, string prefix, bool parts)
    {
        using var lines = new StreamReader(stream);
        var inHead = false;
        while (await lines.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                _open.TrySetResult();
            }

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
