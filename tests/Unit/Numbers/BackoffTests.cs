using CsCheck;
using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public class BackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(0.0, new[] { 100, 200, 400, 800, 1000, 1000 })]
    [InlineData(1.0, new[] { 200, 400, 800, 1600, 2000, 2000 })]
    public void Next_FailureAfterFailure_DoublesUpToTheLongest(double random, int[] milliseconds)
    {
        var backoff = new Backoff(Min, Max, () => random);
        Assert.Equal(milliseconds, milliseconds.Select(_ => (int)backoff.Next().TotalMilliseconds));
        Assert.Equal(milliseconds.Length, backoff.Failures);
    }

    [Fact]
    public void Next_AnyBoundsAnyOften_StaysWithinThem() =>
        Gen.Select(Gen.Long[1, TimeSpan.MaxValue.Ticks], Gen.Long[1, TimeSpan.MaxValue.Ticks], Gen.Double[0, 1], Gen.Int[1, 200])
            .Sample((one, other, random, times) =>
            {
                var (min, max) = (TimeSpan.FromTicks(Math.Min(one, other)), TimeSpan.FromTicks(Math.Max(one, other)));
                var backoff = new Backoff(min, max, () => random);
                return Enumerable.Range(0, times).Select(_ => backoff.Next()).All(wait => wait >= min && wait <= max);
            });

    [Fact]
    public void Reset_AfterFailures_BeginsAnew()
    {
        var backoff = new Backoff(Min, Max, () => 0);
        backoff.Next();
        backoff.Next();
        backoff.Reset();
        Assert.Equal(0, backoff.Failures);
        Assert.Equal(Min, backoff.Next());
    }
}
