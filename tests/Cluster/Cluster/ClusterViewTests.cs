using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Cluster;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Cluster;

[Collection(HealthyCluster.Name)]
public class ClusterViewTests(GatewayCluster cluster)
{
    [Fact]
    public async Task GetNodes_HealthyCluster_AreAllOfThemAsEachSaysOfItself()
    {
        var view = cluster.Client.GetGrain<IClusterGrain>(0);
        await Eventually.TrueAsync(
            async () => await view.GetNodes() is var nodes && nodes.All(x => x.Since is not null) && nodes.Any(x => x.Bridge), "all have said who they are");

        var nodes = await view.GetNodes();
        Assert.Equal(["node-1", "node-2", "node-3"], nodes.Select(x => x.Name));
        Assert.Equal(["http://127.0.0.1:8001", "http://127.0.0.1:8002", "http://127.0.0.1:8003"], nodes.Select(x => x.Http));
        Assert.Equal(cluster.Nodes.Select(x => x.Address.Endpoint.ToString()), nodes.Select(x => x.Address));
        Assert.All(nodes, x => Assert.Equal(NodeStatus.Active, x.Status));
        Assert.Single(nodes, x => x.Bridge);
    }

    [Fact]
    public async Task Nodes_EachNode_SeesTheSame()
    {
        foreach (var node in cluster.Nodes)
        {
            var view = node.Services.GetRequiredService<IClusterView>();
            await Eventually.TrueAsync(
                () => view.Nodes.Count(x => x is { Status: NodeStatus.Active, Http: not null }) == 3 && view.Nodes.Count(x => x.Bridge) == 1, $"{node.Name} sees all");
            Assert.Equal(["node-1", "node-2", "node-3"], view.Nodes.Select(x => x.Name));
        }
    }

    [Fact]
    public async Task Describe_NodeOfTheKey_AnswersItself()
    {
        foreach (var caller in cluster.Nodes.Select(x => x.Client).Append(cluster.Client))
        {
            foreach (var node in cluster.Nodes)
            {
                var grain = caller.GetGrain<INodeGrain>(node.Address.ToParsableString());
                Assert.Equal(node.Name, (await grain.Describe())[node.Address].Name);
                Assert.Same(node, await cluster.HolderOf(grain));
            }
        }
    }

    // So one that starts later learns of those that were dead by then.
    [Fact]
    public async Task Describe_EachNode_TellsOfTheOthersToo()
    {
        foreach (var node in cluster.Nodes)
        {
            var grain = cluster.Client.GetGrain<INodeGrain>(node.Address.ToParsableString());
            await Eventually.TrueAsync(
                async () => await grain.Describe() is var known && cluster.Nodes.All(x => known.TryGetValue(x.Address, out var said) && said is { Http: not null } && said.Name == x.Name),
                $"{node.Name} knows all");
        }
    }

    [Fact]
    public async Task Describe_NodeThatIsNotThere_IsAnErrorAndNeverAnotherNode()
    {
        var gone = SiloAddress.New(cluster.Nodes[0].Address.Endpoint, cluster.Nodes[0].Address.Generation - 1);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => cluster.Client.GetGrain<INodeGrain>(gone.ToParsableString()).Describe());
    }
}
