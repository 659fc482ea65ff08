using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public class RetentionOptionsTests
{
    [Fact]
    public void New_Options_HaveTheDocumentedDefaults()
    {
        var options = new RetentionOptions();
        Assert.Equal("Gateway:Retention", RetentionOptions.SectionName);
        Assert.Equal(10_000, options.Messages);
        Assert.Equal(16 * 1024 * 1024, options.Bytes);
        Assert.Equal(TimeSpan.FromHours(24), options.Age);
    }
}
