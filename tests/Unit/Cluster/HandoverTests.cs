using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime.Placement;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cluster;

public sealed class HandoverTests
{
    private static readonly SiloAddress Local = FakeMembership.Silo(2001);
    private static readonly SiloAddress Second = FakeMembership.Silo(2002);
    private static readonly SiloAddress Third = FakeMembership.Silo(2003);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly ManualTime _time = new();
    private readonly FakeMembership _membership = new();
    private readonly ConcurrentDictionary<string, Task<bool>> _leaving = new();
    private readonly Handover _handover;

    public HandoverTests()
    {
        var grains = Fake.Of<IGrainFactory>((_, arguments) => Fake.Of<INodeGrain>((_, _) => _leaving[(string)arguments[0]!]));
        var local = Fake.Of<ILocalSiloDetails>((_, _) => Local);
        _handover = new Handover(_membership, local, grains, new LocalChannels(_time), _time, NullLogger<Handover>.Instance);
        foreach (var (silo, name) in new[] { (Local, "node-1"), (Second, "node-2"), (Third, "node-3") })
        {
            _membership.Set(silo, SiloStatus.Active, name);
            Answers(silo, Task.FromResult(false));
        }
    }

    [Fact]
    public async Task Stop_OthersStay_ShareTheGrains()
    {
        var grains = Add(4);
        await _handover.StopAsync(CancellationToken.None);
        Assert.Equal([2, 2], grains.GroupBy(x => x.Target).Select(x => x.Count()));
        Assert.DoesNotContain(grains, x => x.Target is null || x.Target.Equals(Local));
    }

    [Fact]
    public async Task Stop_OneLeavesToo_ItGetsNone()
    {
        Answers(Second, Task.FromResult(true));
        var grains = Add(3);
        await _handover.StopAsync(CancellationToken.None);
        Assert.All(grains, x => Assert.Equal(Third, x.Target));
    }

    [Fact]
    public async Task Stop_AllLeave_NoneMoves()
    {
        Answers(Second, Task.FromResult(true));
        Answers(Third, Task.FromResult(true));
        var grains = Add(3);
        await _handover.StopAsync(CancellationToken.None);
        Assert.All(grains, x => Assert.Null(x.Target));
    }

    [Fact]
    public async Task Stop_OneDoesNotSay_TheOtherGetsAll()
    {
        Answers(Second, new TaskCompletionSource<bool>().Task);
        var grains = Add(3);
        var stopping = _handover.StopAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _time.IsAwaited(AnswerTimeout), "an answer is awaited");
        _time.Advance(AnswerTimeout);
        await stopping;
        Assert.All(grains, x => Assert.Equal(Third, x.Target));
    }

    [Fact]
    public async Task Stop_NobodySays_TheyGetThemAllTheSame()
    {
        Answers(Second, Task.FromException<bool>(new TimeoutException()));
        Answers(Third, Task.FromResult(true));
        var grains = Add(2);
        await _handover.StopAsync(CancellationToken.None);
        Assert.All(grains, x => Assert.Equal(Second, x.Target));
    }

    [Fact]
    public async Task Stop_ATargetLeavesMeanwhile_ItsMovesAreCalledOff()
    {
        var grains = Add(2, hang: true);
        var stopping = _handover.StopAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _time.IsAwaited(BetweenLooks), "it waits for the moves");
        _membership.Set(Second, SiloStatus.ShuttingDown, "node-2");
        _time.Advance(BetweenLooks);
        await Eventually.TrueAsync(() => grains.Any(x => x.Cancelled.IsCancellationRequested), "a move is called off");
        var (given, kept) = (grains.Single(x => Second.Equals(x.Target)), grains.Single(x => Third.Equals(x.Target)));
        Assert.Equal((true, false), (given.Cancelled.IsCancellationRequested, kept.Cancelled.IsCancellationRequested));
        grains.ForEach(x => x.End());
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(BetweenLooks);
                return stopping.IsCompleted;
            },
            "it is done");
    }

    [Fact]
    public async Task Stop_GrainsComeMeanwhile_TheyGoOn()
    {
        Answers(Second, Task.FromResult(true));
        var late = new List<MovingGrain>();
        var first = Add(1, onMove: () => late = Add(1))[0];
        await _handover.StopAsync(CancellationToken.None);
        Assert.Equal(Third, first.Target);
        Assert.Equal(Third, Assert.Single(late).Target);
    }

    private void Answers(SiloAddress silo, Task<bool> answer) => _leaving[silo.ToParsableString()] = answer;

    private List<MovingGrain> Add(int count, bool hang = false, Action? onMove = null)
    {
        var grains = Enumerable.Range(0, count).Select(_ => new MovingGrain(_handover, hang, onMove)).ToList();
        grains.ForEach(x => _handover.Add(x.Context));
        return grains;
    }

    /// <summary>A grain that notes where it is told to move, and moves at once or when the test says so.</summary>
    private sealed class MovingGrain
    {
        private readonly TaskCompletionSource _deactivated = new();
        private readonly Handover _handover;

        public MovingGrain(Handover handover, bool hang, Action? onMove)
        {
            _handover = handover;
            Context = Fake.Of<IGrainContext>((method, arguments) =>
            {
                switch (method.Name)
                {
                    case nameof(IGrainContext.Migrate):
                        (Target, Cancelled) = ((SiloAddress)((Dictionary<string, object>)arguments[0]!)[IPlacementDirector.PlacementHintKey], (CancellationToken)arguments[1]!);
                        onMove?.Invoke();
                        if (!hang)
                        {
                            End();
                        }

                        return null;
                    case "get_Deactivated":
                        return _deactivated.Task;
                    case nameof(Equals):
                        return ReferenceEquals(Context, arguments[0]);
                    default:
                        throw new NotSupportedException(method.Name);
                }
            });
        }

        public IGrainContext Context { get; }

        public SiloAddress? Target { get; private set; }

        public CancellationToken Cancelled { get; private set; }

        public void End()
        {
            _handover.Remove(Context);
            _deactivated.TrySetResult();
        }
    }
}
