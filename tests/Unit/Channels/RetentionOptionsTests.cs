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

    [Theory]
    [InlineData("a/b/c", 1)]
    [InlineData("a/b/d", 2)]
    [InlineData("a/b/d/e", 2)]
    [InlineData("a/b", 3)]
    [InlineData("a/x", 3)]
    [InlineData("ab/x", 4)]
    [InlineData("a", 4)]
    public void Of_Name_IsTheLongestThatFits(string channel, int messages)
    {
        var options = new RetentionOptions
        {
            Channels =
            {
                ["a/b/c"] = new RetentionLimits { Messages = 1 },
                ["a/b/*"] = new RetentionLimits { Messages = 2 },
                ["a/*"] = new RetentionLimits { Messages = 3 },
                ["*"] = new RetentionLimits { Messages = 4 },
            },
        };
        Assert.Equal(messages, options.Of(channel).Messages);
        options.Channels.Remove("*");
        Assert.Same(options, options.Of("z"));
    }
}
