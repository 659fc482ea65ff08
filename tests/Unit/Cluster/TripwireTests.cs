using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Cluster;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cluster;

public sealed class TripwireTests : IAsyncDisposable
{
    private static readonly SiloAddress Local = FakeMembership.Silo(1);
    private static readonly TimeSpan BetweenRefusals = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenConnections = TimeSpan.FromMilliseconds(250);

    private readonly ManualTime _time = new();
    private readonly FakeMembership _membership = new();
    private readonly LineServer _other = LineServer.Start();
    private readonly SiloAddress _silo;
    private readonly Tripwire _tripwire;

    public TripwireTests()
    {
        _silo = FakeMembership.Silo(_other.Port);
        var local = Fake.Of<ILocalSiloDetails>((_, _) => Local);
        _tripwire = new Tripwire(_membership, local, _time, NullLogger<Tripwire>.Instance);

        // Nothing listens at its own port here: it does not look.
        _membership.Set(Local, SiloStatus.Active, "node-1");
        _membership.Set(_silo, SiloStatus.Active, "node-2");
    }

    public async ValueTask DisposeAsync()
    {
        await _tripwire.StopAsync(CancellationToken.None);
        _tripwire.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Watch_ConnectionClosedAndRefusedTwice_DeclaresTheNodeDead()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        var wire = await _other.AcceptAsync();
        _other.Dispose();
        wire.Dispose();
        await Advance(BetweenConnections);
        await WaitFor(BetweenRefusals);
        Assert.Empty(_membership.Killed);
        _time.Advance(BetweenRefusals);
        await Eventually.TrueAsync(() => _membership.Killed.Count == 1, "it is declared dead");
        Assert.Equal(_silo, _membership.Killed[0]);
    }

    [Fact]
    public async Task Watch_ConnectionClosedByANodeThatLives_ConnectsAgain()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            (await _other.AcceptAsync()).Reset();
            await Advance(BetweenConnections);
        }

        using var wire = await _other.AcceptAsync();
        Assert.Empty(_membership.Killed);
    }

    [Fact]
    public async Task Watch_RefusedOnce_IsNoDeath()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        var wire = await _other.AcceptAsync();
        _other.Dispose();
        wire.Dispose();
        await Advance(BetweenConnections);
        await WaitFor(BetweenRefusals);
        using var again = LineServer.Start(_silo.Endpoint.Port);
        _time.Advance(BetweenRefusals);
        using var accepted = await again.AcceptAsync();
        Assert.Empty(_membership.Killed);
    }

    [Fact]
    public async Task Watch_NodeThatSaidThatItStops_IsLeftAlone()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        var wire = await _other.AcceptAsync();
        var asked = 0;
        _membership.OnRefresh = () =>
        {
            asked++;
            _membership.Set(_silo, SiloStatus.ShuttingDown, "node-2");
        };
        _other.Dispose();
        wire.Dispose();
        await Advance(BetweenConnections);
        await Advance(BetweenRefusals);
        await Eventually.TrueAsync(() => asked == 1, "it looks before it speaks");
        await _tripwire.StopAsync(CancellationToken.None);
        Assert.Empty(_membership.Killed);
    }

    [Fact]
    public async Task Watch_TableThatCannotBeReadAtThatMoment_DeclaresTheNodeDeadWhenItCan()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        var wire = await _other.AcceptAsync();
        _membership.OnRefresh = () =>
        {
            _membership.OnRefresh = () => { };
            throw new IOException("busy");
        };
        _other.Dispose();
        wire.Dispose();
        for (var i = 0; i < 2; i++)
        {
            await Advance(BetweenConnections);
            await Advance(BetweenRefusals);
        }

        await Eventually.TrueAsync(() => _membership.Killed.Count == 1, "it is declared dead");
    }

    [Fact]
    public async Task Watch_NodeThatComesBack_IsWatchedAgain()
    {
        await _tripwire.StartAsync(CancellationToken.None);
        (await _other.AcceptAsync()).Dispose();
        _membership.Set(_silo, SiloStatus.Dead, "node-2");
        var next = FakeMembership.Silo(_other.Port, generation: 2);
        _membership.Set(next, SiloStatus.Active, "node-2");
        using var wire = await _other.AcceptAsync();
        Assert.Empty(_membership.Killed);
    }

    private Task WaitFor(TimeSpan wait) => Eventually.TrueAsync(() => _time.IsAwaited(wait), $"it waits {wait}");

    private async Task Advance(TimeSpan wait)
    {
        await WaitFor(wait);
        _time.Advance(wait);
    }
}
