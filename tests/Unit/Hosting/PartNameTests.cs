using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class PartNameTests
{
    [Theory]
    [InlineData("node-1", 1)]
    [InlineData("node-1000", 1000)]
    [InlineData("node-0", null)]
    [InlineData("node-1001", null)]
    [InlineData("node-01", null)]
    [InlineData("node-", null)]
    [InlineData("numbers", null)]
    public void NodeNumber_OfAName_IsThatOfTheNode(string name, int? expected) => Assert.Equal(expected, PartName.NodeNumber(name));

    [Theory]
    [InlineData("node-3", true)]
    [InlineData("numbers", true)]
    [InlineData("up", false)]
    [InlineData("cluster", false)]
    public void IsPart_OfAName_KnowsTheParts(string name, bool expected) => Assert.Equal(expected, PartName.IsPart(name));
}
