using OrleansGateway.Bridges;

namespace OrleansGateway.Tests.Unit.Bridges;

public class BridgeOptionsTests
{
    [Fact]
    public void New_Options_HaveTheDocumentedDefaults()
    {
        var options = new BridgeOptions();
        Assert.Equal(("Gateway:Bridges", "numbers"), (BridgeOptions.SectionName, BridgeOptions.Numbers));
        Assert.Equal(("", ""), (options.Source, options.Channel));
        Assert.Equal((LineKind.Text, 4096, null), (options.Lines, options.MaxLineBytes, options.IdleTimeout));
        Assert.Empty(new BridgesOptions().Bridges);
    }
}
