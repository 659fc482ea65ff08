using System.Net.Sockets;
using System.Text;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public class RequestReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_TenThousandOnEightConnectionsSplitAnyhow_EachIsAnsweredOnceInOrder(bool isAnsweredLater)
    {
        await using var node = new DirectNode();
        const int Clients = 8;
        const int Requests = 1_250;
        node.BeforeAnswer = isAnsweredLater ? static async () => await Task.Yield() : static () => Task.CompletedTask;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => Run(client))));

        async Task Run(int number)
        {
            var random = new Random(number);
            using var client = await node.Connect();
            var requests = string.Concat(Enumerable.Range(0, Requests).Select(i => DirectNode.Post(
                $"c{number}", $"{i} {new string('x', random.Next(random.Next(1_000)))}", i % 7 == 0 ? ["Accept: application/json"] : [])));
            var reading = Task.Run(async () =>
            {
                for (var i = 1; i <= Requests; i++)
                {
                    Assert.Equal(i, await client.ReadOffset());
                }
            });
            for (var sent = 0; sent < requests.Length;)
            {
                var count = Math.Min(random.Next(1, random.Next(2, 8_000)), requests.Length - sent);
                await client.Send(requests.Substring(sent, count));
                sent += count;
            }

            await reading;
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Empty(await client.ReadToEnd());
            Assert.Equal(Enumerable.Range(0, Requests).Select(x => $"{x}"), node.Published($"c{number}").Select(x => x.Split(' ')[0]));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_MoreBytesComeBeforeTheAnswer_AreServedAfterIt(bool isMoreWhole)
    {
        await using var node = new DirectNode();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.BeforeAnswer = () => answer.Task;
        using var client = await node.Connect();
        var second = DirectNode.Post("c", "second");
        await client.Send(DirectNode.Post("c", "first") + second[..20]);
        await Eventually.TrueAsync(() => node.Published("c").Count == 1, "the first is published");
        await client.Send(second[20..(isMoreWhole ? second.Length : 40)]);

        // The loop has told of it: it tells of what comes later to another connection.
        using (var other = await node.Connect())
        {
            node.BeforeAnswer = () => Task.CompletedTask;
            await other.Send(DirectNode.Post("d", "x"));
            Assert.Equal(1, await other.ReadOffset());
        }

        Assert.Single(node.Published("c"));
        answer.SetResult();
        Assert.Equal(1, await client.ReadOffset());
        await client.Send(isMoreWhole ? string.Empty : second[40..]);
        Assert.Equal(2, await client.ReadOffset());
        Assert.Equal(["first", "second"], node.Published("c"));
    }

    [Fact]
    public async Task Publishes_ClientTakesNoAnswers_HoldsUpItselfAlone()
    {
        await using var node = new DirectNode();
        const int Requests = 40_000;
        using var client = await node.Connect();
        var requests = string.Concat(Enumerable.Range(0, Requests).Select(x => DirectNode.Post("c", $"{x}")));
        var sending = client.Send(requests);

        // The answers are more than its socket and the node's hold.
        var seen = -1;
        await Eventually.TrueAsync(
            async () =>
            {
                using var other = await node.Connect();
                await other.Send(DirectNode.Post($"other {seen}".Replace(' ', '-'), "x"));
                Assert.Equal(1, await other.ReadOffset());
                return seen == (seen = node.Published("c").Count) && seen > 0;
            },
            "it is held up");
        for (var i = 1; i <= Requests; i++)
        {
            Assert.Equal(i, await client.ReadOffset());
        }

        await sending.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task Request_NotPlain_GoesToTheWebServerWithAllThatWasRead()
    {
        await using var node = new DirectNode();
        const string Rest = "DELETE /c HTTP/1.1\r\nHost: a\r\n\r\nPOST /c HTTP/1.1\r\nHost: a\r\nContent-Le";
        using var client = await node.Connect();
        await client.Send(DirectNode.Post("c", "first") + Rest);
        Assert.Equal(1, await client.ReadOffset());
        await using var context = (await node.Listener.AcceptAsync().AsTask().WaitAsync(Eventually.Deadline))!;
        await client.Send("ngth: 1\r\n\r\nx");
        client.Socket.Shutdown(SocketShutdown.Send);
        var text = string.Empty;
        while (text.Length < Rest.Length + 12)
        {
            var read = await context.Transport.Input.ReadAsync().AsTask().WaitAsync(Eventually.Deadline);
            text += Encoding.ASCII.GetString(read.Buffer);
            context.Transport.Input.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal(Rest + "ngth: 1\r\n\r\nx", text);
        await context.Transport.Output.WriteAsync("answer"u8.ToArray());
        Assert.Equal(string.Empty, await client.ReadUntil("answer"));
        Assert.Equal(["first"], node.Published("c"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reset_WhileItGoesToTheWebServer_HurtsNobody(bool isAnsweredLater)
    {
        await using var node = new DirectNode();
        node.BeforeAnswer = isAnsweredLater ? static async () => await Task.Yield() : static () => Task.CompletedTask;
        for (var i = 0; i < 300; i++)
        {
            using var client = await node.Connect();
            await client.Send(DirectNode.Post("c", "x") + "DELETE /c HTTP/1.1\r\nHost: a\r\n\r\n");
            if (i % 2 == 0)
            {
                await client.ReadOffset();
            }

            client.Socket.Close(0);
        }

        using var last = await node.Connect();
        await last.Send(DirectNode.Post("d", "x"));
        Assert.Equal(1, await last.ReadOffset());

        // The web server's own end: it has to let go of each that it was given.
        while (node.Connections.Count > 1)
        {
            if (node.Connections.Any(x => x.IsKestrels))
            {
                await using var context = await node.Listener.AcceptAsync().AsTask().WaitAsync(Eventually.Deadline);
            }
        }
    }

    [Fact]
    public async Task Stream_BehindAPublishAndBeforeOne_IsServedAlone()
    {
        await using var node = new DirectNode();
        using var client = await node.Connect();
        await client.Send(DirectNode.Post("c", "first") + "GET /c?as=json HTTP/1.1\r\nHost: a\r\n\r\n" + DirectNode.Post("c", "second"));
        Assert.Equal(1, await client.ReadOffset());
        Assert.Contains("Transfer-Encoding: chunked", await client.ReadUntil("\r\n\r\n"), StringComparison.Ordinal);
        await client.ReadUntil("\"event\":\"open\"");
        await node.Channel.Publish();
        await client.ReadUntil("\"event\":\"message\"");
        Assert.Single(node.Published("c"));

        // With the stream's end the rest of the connection's requests would be served; a node that stops ends it.
        await node.Stop();
        Assert.EndsWith("\"reason\":\"shutdown\"}\n\r\n0\r\n\r\n", await client.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(["first"], node.Published("c"));
    }
}
