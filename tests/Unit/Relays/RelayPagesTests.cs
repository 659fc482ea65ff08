using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

public class RelayPagesTests
{
    private readonly ManualTime _time = new();
    private readonly FakeChannel _channel;
    private readonly RelayPages _pages;

    public RelayPagesTests()
    {
        _channel = new FakeChannel(_time);
        _pages = new RelayPages("c", _channel.Read, _time);
    }

    [Fact]
    public async Task Get_ReadersOfTheSamePlaceAtOnce_ShareOneCallAndTheEntries()
    {
        var gate = new TaskCompletionSource();
        _channel.BeforeAnswer = () => gate.Task;
        _channel.Append(10);
        var reading = Enumerable.Range(0, 100).Select(_ => _pages.Get(new MessageId("aaaa", 3))).ToList();
        gate.SetResult();
        var pages = await Task.WhenAll(reading);
        Assert.All(pages, x => Assert.Same(pages[0], x));
        Assert.Same(pages[0], await _pages.Get(new MessageId("aaaa", 5)));
        Assert.Equal(1, _channel.Reads);
    }

    [Fact]
    public async Task Get_BehindAHeldPage_ReadsOn()
    {
        _channel.Append(10);
        await _pages.Get(new MessageId("aaaa", 3));
        _channel.Append(10);
        var page = await _pages.Get(new MessageId("aaaa", 10));
        Assert.True(page.Covers(new MessageId("aaaa", 10)));
        Assert.Equal(11, page.Entries[page.IndexAfter(new MessageId("aaaa", 10))].Id.Offset);
        Assert.Equal(2, _channel.Reads);
    }

    [Fact]
    public async Task Get_CallFails_FailsThoseWhoWaitAndNobodyAfterThem()
    {
        _channel.Append();
        _channel.BeforeAnswer = () => throw new TimeoutException();
        await Assert.ThrowsAsync<TimeoutException>(() => _pages.Get(new MessageId("aaaa", 0)));
        _channel.BeforeAnswer = () => Task.CompletedTask;
        Assert.Single((await _pages.Get(new MessageId("aaaa", 0))).Entries);
    }

    [Fact]
    public async Task Get_ManyPlaces_HoldsFewPages()
    {
        for (var i = 0; i < 20; i++)
        {
            _channel.Append(padding: RelayPages.PageBytes);
            await _pages.Get(new MessageId("aaaa", i));
        }

        Assert.Equal(RelayPages.MaxPages, _pages.Count);
    }

    [Fact]
    public async Task Get_PageWithoutMessages_IsNotHeld()
    {
        await _pages.Get(new MessageId("aaaa", 0));
        await _pages.Get(new MessageId("gone", 7));
        Assert.Equal(0, _pages.Count);
    }

    [Fact]
    public async Task Expire_NobodyAskedForTheLifetime_ForgetsThePage()
    {
        _channel.Append();
        await _pages.Get(new MessageId("aaaa", 0));
        _time.Advance(RelayPages.Lifetime / 2);
        await _pages.Get(new MessageId("aaaa", 0));
        _time.Advance(RelayPages.Lifetime / 2);
        _pages.Expire(_time.GetTimestamp());
        Assert.Equal(1, _pages.Count);
        _time.Advance(RelayPages.Lifetime / 2);
        _pages.Expire(_time.GetTimestamp());
        Assert.Equal(0, _pages.Count);
    }

    /// <summary>The node that they were on is gone: they all come at once, and this one has nothing of the channel yet.</summary>
    [Fact]
    public async Task Subscribers_AThousandThatResumeAThousandMessages_CostAFewCalls()
    {
        for (var i = 0; i < 100; i++)
        {
            _channel.Append(10);
        }

        await using var relay = new ChannelRelay("c", _channel.Client(), _time, NullLogger<ChannelRelay>.Instance);
        await relay.Started;
        var gate = new TaskCompletionSource();
        _channel.BeforeAnswer = () => gate.Task;
        var clients = Enumerable.Range(0, 1000).Select(async _ =>
        {
            var start = await StartingPoint.Find(relay, new Since(SinceKind.Id, new MessageId("aaaa", 0)), _time, CancellationToken.None);
            return new RelayClient(relay, MessageEncoder.Raw, _time).JoinAfter(start.After.ToString()!);
        }).ToList();
        gate.SetResult();
        foreach (var client in await Task.WhenAll(clients).WaitAsync(Eventually.Deadline))
        {
            while (!client.EndsWith("aaaa-1000\n"))
            {
                await client.Take();
            }

            Assert.Equal(Batches.Ids("aaaa", 1, 1000), client.Lines);
        }

        // Where the channel stands, asked once for the first and once for all that came meanwhile, and one page.
        Assert.InRange(_channel.Reads, 2, 3);
    }
}
