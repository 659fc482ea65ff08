using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ServiceManagerTests
{
    [Theory]
    [InlineData("20000000", null, 10_000)]
    [InlineData("20000000", "", 10_000)]
    [InlineData("20000000", "42", 10_000)]
    [InlineData("20000000", "43", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void Period_OfAWatchdog_IsHalfOfItsPatienceWhereItWantsThisProcess(string? microseconds, string? pid, int? milliseconds) =>
        Assert.Equal(milliseconds, Watchdog.Period(microseconds, pid, self: 42)?.TotalMilliseconds);

    [Theory]
    [InlineData("027", 23)]
    [InlineData("0077", 63)]
    [InlineData("0", 0)]
    public void TryParse_OfAnOctalNumber_IsItsValue(string text, int expected)
    {
        Assert.True(UmaskAttribute.TryParse(text, out var mask));
        Assert.Equal(expected, mask);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("0700")]
    [InlineData("00000")]
    public void TryParse_OfAnythingElse_IsRefused(string text) => Assert.False(UmaskAttribute.TryParse(text, out _));
}
