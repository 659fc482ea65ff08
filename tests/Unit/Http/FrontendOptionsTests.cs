namespace OrleansGateway.Tests.Unit.Http;

public class FrontendOptionsTests
{
    [Fact]
    public void New_Options_HaveTheDocumentedDefaults()
    {
        var options = new FrontendOptions();
        Assert.Equal("Gateway", FrontendOptions.SectionName);
        Assert.Equal(1_048_576, options.MaxMessageBytes);
        Assert.Equal(TimeSpan.FromSeconds(5), options.PublishTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.SlowTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.VanishedTimeout);
        Assert.Equal(TimeSpan.FromSeconds(15), options.PongTimeout);
        Assert.Empty(options.Origins);
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("64 MiB", true)]
    [InlineData("67108864", true)]
    [InlineData("67108865", false)]
    public void MaxMessageBytes_Value_IsChecked(string bytes, bool valid) =>
        Assert.Equal(valid, GatewaySettings.Find("Gateway:MaxMessageBytes")!.Value.Setting.Refuse(bytes) is null);
}
