using CsCheck;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Tests.Unit.Numbers;

public class PaceTests
{
    private static readonly Gen<double> Rates = Gen.OneOf(Gen.Double[0.001, 1], Gen.Double[1, 1_000], Gen.Double[1_000, 600_000]);

    [Fact]
    public void Take_LateAndUnevenWakeUps_KeepsTheExactRate() =>
        Gen.Select(Rates, Gen.Long[0, TimeSpan.TicksPerDay], Gen.Long[0, TimeSpan.TicksPerSecond].Array[1, 100]).Sample((rate, start, lateness) =>
        {
            var now = TimeSpan.FromTicks(start);
            var pace = new Pace(rate, now);
            long taken = 0;
            foreach (var late in lateness)
            {
                now += pace.Wait(now) + TimeSpan.FromTicks(late);
                int lines;
                while ((lines = pace.Take(now, 1_000)) > 0)
                {
                    Assert.InRange(lines, 1, 1_000);
                    taken += lines;
                }
            }

            var exact = ((now.Ticks - start) * rate / TimeSpan.TicksPerMinute) + 1;
            Assert.InRange(taken, exact - 1.001, exact + 0.001);
        });

    [Fact]
    public void Take_JustStarted_GivesOneAtOnce()
    {
        var pace = new Pace(0.001, TimeSpan.FromHours(5));
        Assert.Equal(1, pace.Take(TimeSpan.FromHours(5), 10));
        Assert.Equal(0, pace.Take(TimeSpan.FromHours(5), 10));
        Assert.Equal(TimeSpan.FromMinutes(1000), pace.Wait(TimeSpan.FromHours(5)));
    }

    [Fact]
    public void Take_ProcessStoppedForAnHour_OwesTenSecondsAlone()
    {
        var pace = new Pace(60, TimeSpan.Zero);
        Assert.Equal(1, pace.Take(TimeSpan.Zero, 1));
        Assert.InRange(pace.Take(TimeSpan.FromHours(1), int.MaxValue), 9, 11);
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Wait(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Skip_AWhile_DropsWhatCameDueInItAlone()
    {
        var pace = new Pace(60, TimeSpan.Zero);
        pace.Skip(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(5.25));
        Assert.Equal(2, pace.Take(TimeSpan.FromSeconds(5.25), 10));
        Assert.Equal(TimeSpan.FromSeconds(0.75), pace.Wait(TimeSpan.FromSeconds(5.25)));
    }

    [Fact]
    public void Skip_NothingDueInIt_DropsNothing()
    {
        var pace = new Pace(60, TimeSpan.Zero);
        pace.Skip(TimeSpan.FromSeconds(1.1), TimeSpan.FromSeconds(1.9));
        Assert.Equal(2, pace.Take(TimeSpan.FromSeconds(1.9), 10));
    }

    [Fact]
    public void SetRate_Raised_IsDueOneNewPeriodAfterTheLastLineOrAtOnce()
    {
        var pace = new Pace(1, TimeSpan.Zero);
        Assert.Equal(1, pace.Take(TimeSpan.Zero, 10));
        pace.SetRate(60, TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.FromSeconds(0.5), pace.Wait(TimeSpan.FromSeconds(0.5)));
        pace.SetRate(6_000, TimeSpan.FromSeconds(0.7));
        Assert.Equal(1, pace.Take(TimeSpan.FromSeconds(0.7), 10));
        Assert.Equal(TimeSpan.FromSeconds(0.01), pace.Wait(TimeSpan.FromSeconds(0.7)));
    }

    [Fact]
    public void SetRate_Lowered_IsDueOneNewPeriodAfterTheLastLine()
    {
        var pace = new Pace(6_000, TimeSpan.Zero);
        Assert.Equal(1, pace.Take(TimeSpan.Zero, 10));
        pace.SetRate(1, TimeSpan.FromSeconds(0.005));
        Assert.Equal(0, pace.Take(TimeSpan.FromSeconds(59.9), 10));
        Assert.Equal(1, pace.Take(TimeSpan.FromSeconds(60), 10));
    }

    [Fact]
    public void SetRate_SameAgain_ChangesNothing()
    {
        var pace = new Pace(60, TimeSpan.Zero);
        Assert.Equal(1, pace.Take(TimeSpan.Zero, 10));
        pace.SetRate(60, TimeSpan.FromSeconds(5));
        Assert.Equal(5, pace.Take(TimeSpan.FromSeconds(5), 10));
    }

    [Fact]
    public void Wait_TinyRate_DoesNotOverflow()
    {
        var pace = new Pace(double.Epsilon, TimeSpan.Zero);
        Assert.Equal(1, pace.Take(TimeSpan.Zero, 10));
        Assert.Equal(TimeSpan.MaxValue, pace.Wait(TimeSpan.Zero));
        Assert.Equal(0, pace.Take(TimeSpan.FromDays(1_000), 10));
    }
}
