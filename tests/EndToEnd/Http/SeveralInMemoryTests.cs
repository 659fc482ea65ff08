using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Several channels where their messages are in memory: names resume, a prefix resumes with a gap.</summary>
public sealed class SeveralInMemoryTests(ITestOutputHelper output) : IAsyncLifetime, IAsyncDisposable
{
    private readonly CountingServer _numbers = new(1);

    private GatewayNodes Nodes => field ??= new GatewayNodes(_numbers.Address, output) { Storage = "memory" };

    public Task InitializeAsync() => Nodes.Start(1, 2);

    public async ValueTask DisposeAsync()
    {
        await Nodes.DisposeAsync();
        await _numbers.DisposeAsync();
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task Prefix_ChannelsThatAreThereAndThatComeLater_FromTheirFirstMessage()
    {
        await Nodes.Publish(1, "s/old", "0");
        using var stream = await Events.Open(new Uri(Nodes.Address(2), "/s/*,n?as=json"));
        Assert.Equal("open", (await stream.Next()).GetProperty("event").GetString());
        for (var i = 1; i <= 20; i++)
        {
            await Nodes.Publish((i % 2) + 1, i % 5 == 0 ? "n" : $"s/{i % 4}", $"{i}");
        }

        await Nodes.Publish(1, "s/old", "21");
        var got = await Take(stream, 21);
        Assert.Equal(Enumerable.Range(1, 21), got.Select(x => x.Number).Order());
        Assert.All(got.GroupBy(x => x.Channel), x => Assert.Equal(x.Select(y => y.Number).Order(), x.Select(y => y.Number)));

        // All that is kept, also for somebody who comes later at the other node.
        using var later = await Events.Open(new Uri(Nodes.Address(1), "/s/*,n?as=json&since=all"));
        await later.Next();
        Assert.Equal(Enumerable.Range(0, 22), (await Take(later, 22)).Select(x => x.Number).Order());

        // The name goes on, the prefix says that it cannot know.
        await Nodes.Publish(1, "n", "22");
        using var resumed = await Events.Open(new Uri(Nodes.Address(1), "/s/*,n?as=json"), stream.Id);
        Assert.Equal(stream.Id, (await resumed.Next()).GetProperty("id").GetString());
        var gap = await resumed.Next();
        Assert.Equal(("gap", "s/*", JsonValueKind.Null), (gap.GetProperty("event").GetString(), gap.GetProperty("channel").GetString(), gap.GetProperty("missed").ValueKind));
        Assert.Equal([("n", 22)], await Take(resumed, 1));
        await Nodes.Publish(2, "s/new", "23");
        Assert.Equal([("s/new", 23)], await Take(resumed, 1));
    }

    [Fact]
    public async Task Names_Resume_WithoutAGap()
    {
        using var stream = await Events.Open(new Uri(Nodes.Address(1), "/a,b?as=sse"));
        await Nodes.Publish(1, "a", "1");
        await Nodes.Publish(2, "b", "2");
        await Take(stream, 2);
        await Nodes.Publish(1, "b", "3");
        await Nodes.Publish(2, "a", "4");
        using var resumed = await Events.Open(new Uri(Nodes.Address(2), "/a,b?as=sse"), stream.Id);
        Assert.Equal([("a", 4), ("b", 3)], (await Take(resumed, 2)).Order());
    }

    private static async Task<List<(string Channel, int Number)>> Take(Events stream, int count)
    {
        var got = new List<(string, int)>();
        while (got.Count < count)
        {
            var next = await stream.Next();
            Assert.Equal("message", next.GetProperty("event").GetString());
            got.Add((next.GetProperty("channel").GetString()!, int.Parse(next.GetProperty("data").GetString()!)));
        }

        return got;
    }
}
