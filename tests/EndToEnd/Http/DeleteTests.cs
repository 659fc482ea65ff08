using System.Net;
using System.Net.WebSockets;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>A channel whose log is deleted.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class DeleteTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Delete_Channel_EndsItsSubscribersAndTheEpochChanges()
    {
        var before = await Publish("before", "k");
        var streams = new Dictionary<string, StreamReader>();
        foreach (var form in new[] { "raw", "json", "sse" })
        {
            streams[form] = new StreamReader(await shared.Http.GetStreamAsync(new Uri(shared.Nodes.Address(2), $"{_channel}?since=all&as={form}")));
        }

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{shared.Nodes.Address(3).Authority}/{_channel}"), CancellationToken.None);

        using var deleted = await shared.Http.DeleteAsync(new Uri(shared.Nodes.Address(1), _channel));

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        var ends = new Dictionary<string, string>();
        foreach (var (form, lines) in streams)
        {
            ends[form] = await lines.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }

        Assert.Equal("before", ends["raw"].Trim('\n'));
        Assert.EndsWith("\"reason\":\"deleted\"}\n", ends["json"], StringComparison.Ordinal);
        Assert.EndsWith("\"reason\":\"deleted\"}\n\n", ends["sse"], StringComparison.Ordinal);
        Assert.All(ends.Values, x => Assert.DoesNotContain("gap", x, StringComparison.Ordinal));
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[100].AsMemory(), CancellationToken.None)).MessageType);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "deleted"), (socket.CloseStatus, socket.CloseStatusDescription));

        // Nothing is left: neither the messages nor the key.
        Assert.Empty(await shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(3), $"{_channel}?poll=1")));
        var after = await Publish("after", "k");
        Assert.EndsWith("-1", after, StringComparison.Ordinal);
        Assert.NotEqual(before, after);
        using var resumed = new StreamReader(await shared.Http.GetStreamAsync(new Uri(shared.Nodes.Address(2), $"{_channel}?as=json&since={before}")));
        Assert.Equal("open", (await JsonTests.Next(resumed)).GetProperty("event").GetString());
        Assert.Equal("gap", (await JsonTests.Next(resumed)).GetProperty("event").GetString());
        Assert.Equal("after", (await JsonTests.Next(resumed)).GetProperty("data").GetString());
    }

    [Fact]
    public async Task Delete_ChannelThatIsNotThere_Is204()
    {
        using var answer = await shared.Http.DeleteAsync(new Uri(shared.Nodes.Address(2), _channel));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Theory]
    [InlineData("numbers")]
    [InlineData("announce")]
    public async Task Delete_ChannelOfTheGateway_Is403(string channel)
    {
        using var answer = await shared.Http.DeleteAsync(new Uri(shared.Nodes.Address(1), channel));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private async Task<string> Publish(string text, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(shared.Nodes.Address(1), _channel)) { Content = new StringContent(text) };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await shared.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("Message-Id").Single();
    }
}
