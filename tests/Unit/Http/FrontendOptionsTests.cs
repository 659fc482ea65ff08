using System.ComponentModel.DataAnnotations;

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
        Assert.True(IsValid(options));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(64 * 1024 * 1024, true)]
    [InlineData((64 * 1024 * 1024) + 1, false)]
    public void MaxMessageBytes_Value_IsChecked(int bytes, bool valid) => Assert.Equal(valid, IsValid(new FrontendOptions { MaxMessageBytes = bytes }));

    private static bool IsValid(object options) => Validator.TryValidateObject(options, new ValidationContext(options), [], validateAllProperties: true);
}
