using OrleansGateway.Cli.Live;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class RestartBackoffTests
{
    [Fact]
    public void Next_OfWhatDiesAgainAndAgain_Doubles()
    {
        var backoff = new RestartBackoff();

        Assert.Equal(
            [0.5, 1, 2, 4, 8, 16, 30, 30],
            Enumerable.Range(0, 8).Select(_ => backoff.Next(TimeSpan.FromSeconds(3)).TotalSeconds));
    }

    [Fact]
    public void Next_OfWhatRanWell_BeginsAnew()
    {
        var backoff = new RestartBackoff();
        backoff.Next(TimeSpan.Zero);
        backoff.Next(TimeSpan.Zero);

        Assert.Equal(0.5, backoff.Next(TimeSpan.FromMinutes(1)).TotalSeconds);
        Assert.Equal(1, backoff.Next(TimeSpan.Zero).TotalSeconds);
    }
}
