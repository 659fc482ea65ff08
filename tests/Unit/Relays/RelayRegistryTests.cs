using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

public sealed class RelayRegistryTests : IDisposable
{
    private static readonly Subject C = new("c");

    private readonly ManualTime _time = new();
    private readonly FakeChannel _channel;
    private readonly RelayRegistry _registry;

    public RelayRegistryTests()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _channel = new FakeChannel(_time);
        var options = Fake.Of<IOptionsMonitor<FrontendOptions>>((_, _) => new FrontendOptions());
        var lifetime = Fake.Of<IHostApplicationLifetime>((method, _) => throw new NotSupportedException(method.Name));
        _registry = new RelayRegistry(_channel.Client(), options, _time, lifetime, null!, NullLoggerFactory.Instance);
    }

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task Take_SameChannel_IsTheSameRelay()
    {
        var relay = _registry.Take(C);
        await relay.Started;
        Assert.Same(relay, _registry.Take(C));
        Assert.Same(relay, _registry.Follow("c"));
        Assert.NotSame(relay, _registry.Take(new Subject("d")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Release_LastUser_EndsItSomeTimeLater(bool isFollowed)
    {
        var relay = isFollowed ? _registry.Follow("c") : _registry.Take(C);
        await relay.Started;
        Pass(20);
        Assert.Single(_channel.Subscribers);
        if (isFollowed)
        {
            _registry.Unfollow((ChannelRelay)relay);
        }
        else
        {
            _registry.Release(relay);
        }

        Pass(9);
        Assert.Single(_channel.Subscribers);
        Pass(1);
        Assert.Empty(_channel.Subscribers);
        Assert.NotSame(relay, _registry.Take(C));
    }

    [Fact]
    public async Task Take_BeforeTheEnd_KeepsIt()
    {
        var relay = _registry.Take(C);
        await relay.Started;
        _registry.Release(relay);
        Pass(6);
        Assert.Same(relay, _registry.Take(C));
        Pass(20);
        _registry.Release(relay);
        Pass(5);
        _registry.Release(_registry.Take(C));
        Pass(9);
        Assert.Single(_channel.Subscribers);
        Pass(1);
        Assert.Empty(_channel.Subscribers);
    }

    [Fact]
    public async Task Release_OneOfTwoUsers_KeepsIt()
    {
        var relay = _registry.Take(C);
        await relay.Started;
        _registry.Follow("c");
        _registry.Release(relay);
        Pass(20);
        Assert.Single(_channel.Subscribers);
    }

    [Fact]
    public async Task OnTick_QuietSubscriber_GetsKeepAlives()
    {
        var relay = (ChannelRelay)_registry.Take(C);
        await relay.Started;
        var client = new RelayClient(relay, MessageEncoder.Sse, _time).JoinLive();
        for (var i = 1; i <= 2; i++)
        {
            var before = client.Text.Length;
            Pass((int)MessageEncoder.Sse.KeepAliveEvery!.Value.TotalSeconds + 1);
            await client.Take();
            Assert.True(client.Text.Length > before);
        }
    }

    [Fact]
    public async Task OnTick_PagesThatNobodyAsksFor_AreForgotten()
    {
        // Nobody is connected to it: it has nothing to do but this.
        _channel.Append(3);
        var relay = _registry.Follow("c");
        await relay.Started;
        Pass(2);
        Assert.Equal(3, (await relay.Pages.Get(new MessageId("aaaa", 0))).Entries.Length);
        Assert.True(relay.IsHolding);
        Pass(1);
        Assert.True(relay.IsHolding);
        Pass((int)RelayPages.Lifetime.TotalSeconds);
        Assert.False(relay.IsHolding);
        await relay.ReadStanding();
        Assert.True(relay.IsHolding);
        await Eventually.TrueAsync(
            () =>
            {
                _registry.OnTick();
                return Task.FromResult(!relay.IsHolding);
            },
            "it forgets");
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _registry.OnTick();
        }
    }
}
