using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Publishing;

namespace OrleansGateway.Tests.Unit.Cli.Publishing;

/// <summary>The publish of one message, and a node that breaks off.</summary>
public sealed class BodyPublisherTests : IDisposable
{
    private const string Answer = """{"id":"e-1","channel":"a"}""";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TcpListener _node = new(IPAddress.Loopback, 0);

    public BodyPublisherTests() => _node.Start();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nMessage-Id: e-1\r\nContent-Length: 26\r\n\r\n{\"id\":")]
    public async Task Publish_ToANodeThatDiesAfterItHasTheMessage_SendsItAgainWithItsKey(string answered)
    {
        var ring = new NodeRing([new Uri($"http://{_node.LocalEndpoint}")]);

        // Who had reached no node would have given up.
        var attempts = new Attempts(ring, TimeSpan.Zero, TimeProvider.System);
        var publishing = new BodyPublisher(ring, "a", Deadline, attempts, TimeProvider.System).PublishAsync("hi"u8.ToArray(), null, asJson: true, CancellationToken.None);
        var first = await AnswerAsync(answered);
        var second = await AnswerAsync($"HTTP/1.1 200 OK\r\nMessage-Id: e-1\r\nContent-Length: {Answer.Length}\r\n\r\n{Answer}");

        Assert.Equal(Answer, await publishing.WaitAsync(Deadline));
        Assert.Equal(first, second);
    }

    /// <summary>Takes a whole request, answers and closes.</summary>
    /// <returns>The idempotency key.</returns>
    private async Task<string> AnswerAsync(string answer)
    {
        using var client = await _node.AcceptTcpClientAsync().WaitAsync(Deadline);
        var reader = new StreamReader(client.GetStream());
        var key = string.Empty;
        while (await reader.ReadLineAsync().WaitAsync(Deadline) is { Length: > 0 } line)
        {
            key = line.StartsWith("Idempotency-Key: ", StringComparison.Ordinal) ? line : key;
        }

        await reader.ReadBlockAsync(new char[2]).AsTask().WaitAsync(Deadline);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer));
        Assert.NotEmpty(key);
        return key;
    }
}
