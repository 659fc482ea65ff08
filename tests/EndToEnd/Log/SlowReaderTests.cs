using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using OrleansGateway.Tests.EndToEnd.Http;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Log;

/// <summary>Subscribers that stop reading while others read.</summary>
public sealed class SlowReaderTests(ITestOutputHelper output)
{
    private const int Others = 20;
    private const int Messages = 400;
    private const int MessageBytes = 100_000;

    private const int Turns = 4;
    private const long MiB = 1024 * 1024;

    // Half of what one of them does not read.
    private const long MayGrowBytes = 80 * MiB;

    private static readonly string[] Forms = ["raw", "json", "sse", "ws", "gateway.json"];

    [Fact]
    public async Task StopReading_OnEachTransport_HurtsNobodyAndCatchesUp()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output)
        {
            // However long this machine takes: nobody is let go meanwhile.
            Environment = new Dictionary<string, string> { ["Gateway__Retention__Bytes"] = "1000000000", ["Gateway__SlowTimeout"] = "10m" },
        };
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 });
        await nodes.Start(1);
        var node = nodes.Address(1);

        // What the node holds for those who read goes up and down, by the buffers that it has lent and keeps for the next.
        var before = 0L;
        for (var turn = 0; turn < Turns; turn++)
        {
            await PublishTo(http, node, "c");
            before = Math.Max(before, await ManagedHeap.Collect(nodes[1].Pid));
        }

        var slow = new List<(string Form, Func<Task<string>> Next)>();
        foreach (var form in Forms)
        {
            slow.Add((form, await Open(http, node, "c", form)));
        }

        for (var turn = 0; turn < Turns; turn++)
        {
            await PublishTo(http, node, "c");
        }

        var after = long.MaxValue;
        await Until.True(
            async () => (after = Math.Min(after, await ManagedHeap.Collect(nodes[1].Pid))) <= before + MayGrowBytes,
            () => $"the node holds little more than the {before} bytes with {Others} that read: it holds {after} with {slow.Count} more that do not",
            20);
        output.WriteLine($"{before / MiB} MiB with {Others} that read, {after / MiB} MiB with {slow.Count} more that do not");

        foreach (var (form, next) in slow)
        {
            for (var i = 0; i < Turns * Messages; i++)
            {
                Assert.Equal($"{form} {i % Messages}", $"{form} {await next().WaitAsync(TimeSpan.FromSeconds(30))}");
            }
        }
    }

    /// <summary>Publishes a turn's messages while all others read; each gets all of them in order.</summary>
    private static async Task PublishTo(HttpClient http, Uri node, string channel)
    {
        var readers = new List<Task>();
        for (var i = 0; i < Others; i++)
        {
            readers.Add(ReadAll(await Open(http, node, channel, Forms[i % Forms.Length])));
        }

        var filler = new string('x', MessageBytes);
        for (var i = 0; i < Messages; i++)
        {
            using var body = new StringContent($"{i} {filler}");
            (await http.PostAsync(new Uri(node, channel), body)).EnsureSuccessStatusCode().Dispose();
        }

        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task ReadAll(Func<Task<string>> next)
    {
        for (var i = 0; i < Messages; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), await next());
        }
    }

    /// <summary>Subscribes, and reads only when it is asked for the next message: its first word.</summary>
    private static async Task<Func<Task<string>>> Open(HttpClient http, Uri node, string channel, string form)
    {
        switch (form)
        {
            case "ws":
                var plain = new ClientWebSocket();
                await plain.ConnectAsync(new Uri($"ws://{node.Authority}/{channel}"), CancellationToken.None);
                return async () =>
                {
                    var (buffer, length) = (new byte[MessageBytes + 100], 0);
                    ValueWebSocketReceiveResult received;
                    do
                    {
                        received = await plain.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                        length += received.Count;
                    }
                    while (!received.EndOfMessage);
                    return FirstWord(Encoding.ASCII.GetString(buffer, 0, length));
                };
            case "gateway.json":
                var json = await JsonClient.Connect(node, channel);
                await JsonClient.Receive(json);
                return async () =>
                {
                    while (true)
                    {
                        var said = await JsonClient.Receive(json);
                        if (said.GetProperty("event").GetString() == "message")
                        {
                            return FirstWord(said.GetProperty("data").GetString()!);
                        }
                    }
                };
            default:
                var lines = new StreamReader(await http.GetStreamAsync(new Uri(node, $"{channel}?as={form}")));

                // Not before this is whoever subscribes sure to get what is published next.
                await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
                var mark = form switch { "sse" => "data: ", "json" => "\"data\":\"", _ => string.Empty };
                return async () =>
                {
                    while (true)
                    {
                        var line = await lines.ReadLineAsync() ?? throw new EndOfStreamException(form);
                        if (line.Length > 0 && line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at)
                        {
                            return FirstWord(line[(at + mark.Length)..]);
                        }
                    }
                };
        }
    }

    private static string FirstWord(string text) => text[..text.IndexOf(' ', StringComparison.Ordinal)];
}
