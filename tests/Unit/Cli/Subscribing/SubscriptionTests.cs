using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansGateway.Cli;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Subscribing;

namespace OrleansGateway.Tests.Unit.Cli.Subscribing;

/// <summary>A subscription and nodes that misbehave.</summary>
public sealed class SubscriptionTests : IDisposable
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TcpListener _one = Listen();
    private readonly TcpListener _two = Listen();
    private readonly StringBuilder _output = new();
    private readonly List<string> _warnings = [];

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public async Task Run_ANodeThatFallsSilent_GoesOnAtAnotherAfterTheLastId()
    {
        var running = Run(TimeSpan.FromMilliseconds(200), 2);
        using var first = await Accept(_one, "GET /a?as=json HTTP/1.1");
        await Say(first, Head + Message(1));

        using var second = await Accept(_two, "GET /a?as=json&since=e-1 HTTP/1.1");
        await Say(second, Head + Message(2));
        await running.WaitAsync(Deadline);

        Assert.Equal("m1\nm2\n", _output.ToString());
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Run_ANodeThatDiesWithinALine_PrintsItOnce()
    {
        var running = Run(Deadline, 2);
        using (var first = await Accept(_one, "GET /a?as=json HTTP/1.1"))
        {
            await Say(first, Head + Message(1) + Message(2)[..20]);
        }

        using var second = await Accept(_two, "GET /a?as=json&since=e-1 HTTP/1.1");
        await Say(second, Head + Message(2));
        await running.WaitAsync(Deadline);

        Assert.Equal("m1\nm2\n", _output.ToString());
    }

    [Fact]
    public async Task Run_ANodeThatStops_GoesOnAtAnother()
    {
        var running = Run(Deadline, 2);
        using var first = await Accept(_one, "GET /a?as=json HTTP/1.1");
        await Say(first, Head + Message(1) + """{"event":"end","id":"e-1","channel":"a","reason":"shutdown"}""" + "\n");

        using var second = await Accept(_two, "GET /a?as=json&since=e-1 HTTP/1.1");
        await Say(second, Head + Message(2));
        await running.WaitAsync(Deadline);

        Assert.Equal("m1\nm2\n", _output.ToString());
    }

    [Theory]
    [InlineData("503 Service Unavailable")]
    [InlineData("429 Too Many Requests")]
    public async Task Run_ANodeThatCantJustNow_TriesAnother(string status)
    {
        var running = Run(Deadline, 1);
        using (var first = await Accept(_one, "GET /a?as=json HTTP/1.1"))
        {
            await Say(first, $"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }

        using var second = await Accept(_two, "GET /a?as=json HTTP/1.1");
        await Say(second, Head + Message(1));
        await running.WaitAsync(Deadline);

        Assert.Equal("m1\n", _output.ToString());
    }

    [Theory]
    [InlineData("400 Bad Request", 2)]
    [InlineData("403 Forbidden", 1)]
    [InlineData("302 Found", 1)]
    public async Task Run_WhatIsRefusedForGood_EndsWithTheReason(string status, int exitCode)
    {
        const string Problem = """{"detail":"It is so."}""";
        var running = Run(Deadline, 1);
        using var first = await Accept(_one, "GET /a?as=json HTTP/1.1");
        await Say(first, $"HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\nContent-Length: {Problem.Length}\r\n\r\n{Problem}");

        var failure = await Assert.ThrowsAsync<CommandFailure>(() => running.WaitAsync(Deadline));

        Assert.Equal((exitCode, $"http://{_one.LocalEndpoint} says {status[..3]}: It is so."), (failure.ExitCode, failure.Message));
    }

    [Fact]
    public async Task Run_SomethingElseThatAnswers_IsNoGateway()
    {
        var running = Run(Deadline, 1);
        using var first = await Accept(_one, "GET /a?as=json HTTP/1.1");
        await Say(first, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi");

        var failure = await Assert.ThrowsAsync<CommandFailure>(() => running.WaitAsync(Deadline));

        Assert.Contains("that is no gateway", failure.Message, StringComparison.Ordinal);
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string Message(int number) => $$"""{"event":"message","id":"e-{{number}}","channel":"a","data":"m{{number}}"}""" + "\n";

    private static async Task Say(TcpClient client, string text) => await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Takes the connection of the subscription; those that look at the cluster are closed.</summary>
    private static async Task<TcpClient> Accept(TcpListener node, string expected)
    {
        while (true)
        {
            var client = await node.AcceptTcpClientAsync().WaitAsync(Deadline);
            var reader = new StreamReader(client.GetStream());
            var request = await reader.ReadLineAsync().WaitAsync(Deadline);
            if (request?.Contains("/-/cluster", StringComparison.Ordinal) != true)
            {
                Assert.Equal(expected, request);
                return client;
            }

            client.Dispose();
        }
    }

    private Task Run(TimeSpan silence, int count)
    {
        var ring = new NodeRing([new Uri($"http://{_one.LocalEndpoint}"), new Uri($"http://{_two.LocalEndpoint}")]);
        var printer = new MessagePrinter(false, count, Write, _warnings.Add);
        return new Subscription(ring, "a", null, printer, silence, _warnings.Add, TimeProvider.System).RunAsync(CancellationToken.None);
    }

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        _output.Append(Encoding.UTF8.GetString(bytes));
        return true;
    }
}
