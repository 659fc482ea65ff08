using Microsoft.Extensions.Options;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Tests.Unit.Numbers;

public sealed class NumberServerSettingsTests
{
    [Fact]
    public void Options_Defaults_ArePinned()
    {
        var options = new NumberServerOptions();
        Assert.Equal(60, options.RatePerMinute);
        Assert.Equal("127.0.0.1:7776", options.Listen);
        Assert.Equal("NumberServer", NumberServerOptions.SectionName);
    }

    [Fact]
    public void SendTimeout_IsPinned() => Assert.Equal(TimeSpan.FromSeconds(30), NumberServer.SendTimeout);

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("60", 60)]
    [InlineData("6e3", 6_000)]
    [InlineData("600000", 600_000)]
    public async Task Constructor_GoodRate_IsTaken(string rate, double expected)
    {
        await using var fixture = new NumberServerFixture(rate);
        Assert.Equal(expected, fixture.Server.RatePerMinute);
    }

    [Theory]
    [InlineData("0", "127.0.0.1:0", "--rate (NumberServer:RatePerMinute) is '0'; allowed is a number above 0, up to 600000 (lines a minute)")]
    [InlineData("x", "127.0.0.1:0", "--rate (NumberServer:RatePerMinute) is 'x'; allowed is a number above 0, up to 600000 (lines a minute)")]
    [InlineData("60", "here", "--numbers (Gateway:Numbers) is 'here'; allowed is HOST:PORT, such as 127.0.0.1:7776")]
    public async Task Constructor_BadSetting_ThrowsNamingItItsValueAndWhatIsAllowed(string rate, string listen, string message)
    {
        await using var fixture = new NumberServerFixture(rate, configuration => configuration[GatewaySettings.Numbers.Key] = listen);
        var failure = Assert.Throws<OptionsValidationException>(() => fixture.Server);
        Assert.Equal(message, failure.Message);
    }
}
