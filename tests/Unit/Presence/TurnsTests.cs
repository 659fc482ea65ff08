using System.Net;
using CsCheck;
using OrleansGateway.Cluster;
using OrleansGateway.Presence;

namespace OrleansGateway.Tests.Unit.Presence;

public class TurnsTests
{
    [Theory]
    [InlineData(null, "node-1 node-2 node-10")]
    [InlineData("node-1", "node-2 node-10 node-1")]
    [InlineData("node-2", "node-10 node-1 node-2")]
    [InlineData("node-10", "node-1 node-2 node-10")]
    [InlineData("node-3", "node-10 node-1 node-2")]
    [InlineData("node-11", "node-1 node-2 node-10")]
    [InlineData("", "node-1 node-2 node-10")]
    public void After_Last_BeginsWithTheNextByName(string? last, string expected) =>
        Assert.Equal(expected, string.Join(' ', Turns.After(last, Nodes("node-10", "node-1", "node-2")).Select(x => x.Name)));

    [Fact]
    public void After_NoNodes_IsEmpty() => Assert.Empty(Turns.After("node-1", []));

    [Fact]
    public void After_EachLast_GivesEverybodyATurn() => Gen.Select(Gen.Int[1, 30].HashSet[1, 10], Gen.Int[0, 31]).Sample(
        (numbers, last) =>
        {
            var nodes = Nodes([.. numbers.Select(x => $"node-{x}")]);
            var (turns, name) = (new List<string>(), $"node-{last}");
            for (var i = 0; i < nodes.Count; i++)
            {
                Assert.Equal(nodes.Count, Turns.After(name, nodes).Distinct().Count());
                turns.Add(name = Turns.After(name, nodes).First().Name);
            }

            Assert.Equal(nodes.Select(x => x.Name).Order(NodeNameComparer.Instance), turns.Order(NodeNameComparer.Instance));
        });

    private static List<ClusterMember> Nodes(params string[] names) =>
        [.. names.Select((name, i) => new ClusterMember(SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + i), 1), SiloStatus.Active, name))];
}
