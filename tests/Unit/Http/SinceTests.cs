using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Unit.Http;

public class SinceTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);

    [Theory]
    [InlineData("none", SinceKind.None)]
    [InlineData("all", SinceKind.All)]
    [InlineData("latest", SinceKind.Latest)]
    public void TryParse_Word_IsItsKind(string text, object kind) => Assert.Equal(new Since((SinceKind)kind), Parse(text));

    [Theory]
    [InlineData("abcd-0", "abcd", 0)]
    [InlineData("none-1", "none", 1)]
    [InlineData("latest7-12", "latest7", 12)]
    public void TryParse_Id_IsIt(string text, string epoch, long offset) =>
        Assert.Equal(new Since(SinceKind.Id, new MessageId(epoch, offset)), Parse(text));

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("30s", 30_000)]
    [InlineData("10m", 600_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("090m", 5_400_000)]
    public void TryParse_Duration_IsTheTimeSoLongAgo(string text, long ago) =>
        Assert.Equal(new Since(SinceKind.Time, TimeMs: Now.ToUnixTimeMilliseconds() - ago), Parse(text));

    [Theory]
    [InlineData("1000000h")]
    [InlineData("2500000000000h")]
    [InlineData("2562047788015s")]
    public void TryParse_DurationFromBefore1970_IsTheBeginning(string text) => Assert.Equal(new Since(SinceKind.Time), Parse(text));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1_000)]
    [InlineData("1770091506", 1_770_091_506_000)]
    [InlineData("1770091506.5", 1_770_091_506_500)]
    [InlineData("1770091506.789", 1_770_091_506_789)]
    public void TryParse_UnixTime_IsIt(string text, long ms) => Assert.Equal(new Since(SinceKind.Time, TimeMs: ms), Parse(text));

    [Theory]
    [InlineData("2026-02-03T04:05:06Z", "2026-02-03T04:05:06.000")]
    [InlineData("2026-02-03T04:05:06.7Z", "2026-02-03T04:05:06.700")]
    [InlineData("2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.789")]
    [InlineData("2026-02-03T04:05:06.123456Z", "2026-02-03T04:05:06.123")]
    [InlineData("2026-02-03T04:05:06.123456789Z", "2026-02-03T04:05:06.123")]
    [InlineData("2026-02-03T05:05:06+01:00", "2026-02-03T04:05:06.000")]
    [InlineData("2026-02-03T05:05:06.5+01:00", "2026-02-03T04:05:06.500")]
    [InlineData("2026-02-03T05:05:06 01:00", "2026-02-03T04:05:06.000")]
    [InlineData("2026-02-02T22:35:06-05:30", "2026-02-03T04:05:06.000")]
    [InlineData("2026-02-03T04:05:06-00:00", "2026-02-03T04:05:06.000")]
    [InlineData("2026-02-03t04:05:06z", "2026-02-03T04:05:06.000")]
    [InlineData("1969-12-31T23:59:59Z", "1970-01-01T00:00:00.000")]
    public void TryParse_Rfc3339_IsTheTime(string text, string utc) =>
        Assert.Equal(utc, DateTimeOffset.FromUnixTimeMilliseconds(Parse(text).TimeMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff"));

    [Fact]
    public void TryParse_TimeAsTheGatewayWritesIt_IsThatTime() => Gen.Long[0, 4_102_444_800_000].Sample(
        ms => Assert.Equal(ms, Parse(DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'")).TimeMs));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("None")]
    [InlineData("ALL")]
    [InlineData("newest")]
    [InlineData("abc-1")]
    [InlineData("abcd-01")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1.5h")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("1h30m")]
    [InlineData("9223372036854775807h")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1e9")]
    [InlineData("0x10")]
    [InlineData("1,000")]
    [InlineData(".")]
    [InlineData("NaN")]
    [InlineData("99999999999999999999")]
    [InlineData("2026-02-03")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-02-03T25:00:00Z")]
    [InlineData("2026-02-03T04:05:06.Z")]
    [InlineData("2026-02-03T04:05:06")]
    [InlineData("2026-02-03T04:05Z")]
    [InlineData("2026-02-03T04:05:06+0100")]
    [InlineData("2026-02-03T04:05:06+1:00")]
    [InlineData("2026-02-03T04:05:06+25:00")]
    [InlineData("2026-02-03 04:05:06Z")]
    [InlineData("2026-02-03T04:05:06Z\n")]
    [InlineData("2026-2-3T04:05:06Z")]
    [InlineData("03.02.2026")]
    [InlineData("yesterday")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(Since.TryParse(text, Now, out var since));
        Assert.Equal(default, since);
    }

    [Fact]
    public void TryParse_AnyText_NeverFails() => Gen.String.Sample(text => { _ = Since.TryParse(text, Now, out _); });

    private static Since Parse(string text)
    {
        Assert.True(Since.TryParse(text, Now, out var since), text);
        return since;
    }
}
