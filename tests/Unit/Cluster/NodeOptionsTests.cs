using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Cluster;

public class NodeOptionsTests
{
    [Fact]
    public void New_Options_HaveTheDocumentedDefaults()
    {
        var options = new NodeOptions();
        Assert.Equal("Gateway", NodeOptions.SectionName);
        Assert.Equal((1, ".gateway", "127.0.0.1"), (options.Node, options.State, options.Bind));
        Assert.Equal((8088, 11111, 30000), (options.Http, options.Silo, options.OrleansGateway));
        Assert.Equal(("127.0.0.1:7776", "local"), (options.Numbers, options.Membership));
    }

    [Fact]
    public void PortOf_NodeK_IsThePortPlusKMinusOne()
    {
        var options = new NodeOptions { Node = 3 };
        Assert.Equal("node-3", options.Name);
        Assert.Equal((8090, 11113, 30002), (options.PortOf(options.Http), options.PortOf(options.Silo), options.PortOf(options.OrleansGateway)));
    }

    [Fact]
    public void Read_Configuration_IsItsSection()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Gateway:Node"] = "2", ["Gateway:State"] = "/somewhere", ["Node"] = "7" })
            .Build();
        var options = configuration.Read<NodeOptions>();
        Assert.Equal(("node-2", "/somewhere", 8088), (options.Name, options.State, options.Http));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    public void Read_NodeOutOfRange_Throws(string node)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Gateway:Node"] = node }).Build();
        Assert.Throws<OptionsValidationException>(() => configuration.Read<NodeOptions>());
    }
}
