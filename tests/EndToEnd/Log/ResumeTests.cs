using System.Net;
using OrleansGateway.Tests.EndToEnd.Http;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Log;

/// <summary>Who comes back after deaths, with the last id that he saw.</summary>
public sealed class ResumeTests(ITestOutputHelper output)
{
    private const int Missed = 1200;

    [Fact]
    public async Task KillAll_StartOne_EverybodyGetsWhatHeMissedAndKeysAreKnown()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        using var http = new HttpClient();
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        var seen = await Publish(http, nodes.Address(1), "seen", "first");
        var last = string.Empty;
        for (var i = 1; i <= Missed; i++)
        {
            last = await Publish(http, nodes.Address(1 + (i % 2)), $"{i}", $"key-{i}");
        }

        nodes[1].Kill();
        nodes[2].Kill();
        await nodes.Start(2);

        // More than a channel holds in memory: it comes from the log.
        var node = nodes.Address(2);
        using (var sse = new StreamReader(await http.GetStreamAsync(new Uri(node, $"c?as=sse&since={seen}"))))
        {
            var texts = new List<string>();
            while (texts.Count < Missed)
            {
                var line = await sse.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
                Assert.NotEqual("event: gap", line);
                if (line!.StartsWith("data: ", StringComparison.Ordinal))
                {
                    texts.Add(line["data: ".Length..]);
                }
            }

            Assert.Equal(Enumerable.Range(1, Missed).Select(x => $"{x}"), texts);
        }

        using (var socket = await JsonClient.Connect(node, $"c?since={seen}"))
        {
            Assert.Equal(seen, (await JsonClient.Receive(socket)).GetProperty("id").GetString());
            for (var i = 1; i <= Missed; i++)
            {
                Assert.Equal($"{i}", (await JsonClient.Receive(socket)).GetProperty("data").GetString());
            }
        }

        using (var poll = await http.GetAsync(new Uri(node, $"c?poll=1&since={seen}")))
        {
            Assert.Equal(last, poll.Headers.GetValues("Last-Event-ID").Single());
            Assert.Equal(Missed, (await poll.Content.ReadAsStringAsync()).Count(x => x == '\n'));
        }

        // The answer to a key is the first one, and the offsets go on.
        Assert.Equal(last, await Publish(http, node, $"{Missed}", $"key-{Missed}"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Status(http, node, "another body", $"key-{Missed}"));
        Assert.Equal($"{last.Split('-')[0]}-{Missed + 2}", await Publish(http, node, "next", "next"));
    }

    [Fact]
    public async Task Memory_HolderDies_IsSaidAsAGap()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output) { Storage = "memory" };
        using var http = new HttpClient();
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);

        // Held by the node to which it is published first.
        var seen = await Publish(http, nodes.Address(1), "lost", "k");
        using var live = new StreamReader(await http.GetStreamAsync(new Uri(nodes.Address(2), "c?as=json")));
        Assert.Equal(seen, (await JsonClient.Next(live)).GetProperty("id").GetString());
        nodes[1].Kill();
        await Until.True(async () => await Status(http, nodes.Address(2), "kept", "k2") == HttpStatusCode.OK, "another node takes a message", 20);

        using var resumed = new StreamReader(await http.GetStreamAsync(new Uri(nodes.Address(2), $"c?as=json&since={seen}")));
        Assert.Equal(seen, (await JsonClient.Next(resumed)).GetProperty("id").GetString());
        foreach (var lines in new[] { resumed, live })
        {
            var gap = await JsonClient.Next(lines);
            Assert.Equal(("gap", seen), (gap.GetProperty("event").GetString(), gap.GetProperty("after").GetString()));
            Assert.Equal("kept", (await JsonClient.Next(lines)).GetProperty("data").GetString());
        }

        using var raw = await http.GetAsync(new Uri(nodes.Address(2), $"c?as=raw&since={seen}"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal($"after={seen}", raw.Headers.GetValues("Gateway-Gap").Single());
    }

    private static async Task<string> Publish(HttpClient http, Uri node, string text, string key)
    {
        using var answer = await Send(http, node, text, key);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("Message-Id").Single();
    }

    private static async Task<HttpStatusCode> Status(HttpClient http, Uri node, string text, string key)
    {
        using var answer = await Send(http, node, text, key);
        return answer.StatusCode;
    }

    private static Task<HttpResponseMessage> Send(HttpClient http, Uri node, string text, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, "c")) { Content = new StringContent(text) };
        request.Headers.Add("Idempotency-Key", key);
        return http.SendAsync(request);
    }
}
