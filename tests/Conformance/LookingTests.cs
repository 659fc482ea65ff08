namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Looking.</summary>
public sealed class LookingTests : ConformanceTest
{
    [Fact(DisplayName = "GET /-/health/live: 200")]
    public async Task Live_OfANode_Is200() => Assert.Equal(200, (await Http.Get(A, "/-/health/live")).Status);

    [Fact(DisplayName = "GET /-/health/ready: 200, with reasons")]
    public async Task Ready_OfANode_Is200()
    {
        var answer = await Http.Get(A, "/-/health/ready");
        Assert.Equal(200, answer.Status);
        Assert.Equal((true, 0), (answer.Json.GetProperty("ready").GetBoolean(), answer.Json.GetProperty("reasons").GetArrayLength()));
    }

    [Fact(DisplayName = "GET /-/cluster: {\"nodes\":[{\"name\",\"address\",\"http\",\"status\",\"since\",\"bridge\"}]}: all nodes as this one sees them")]
    public async Task Cluster_AtANode_NamesAllNodes()
    {
        foreach (var node in new[] { A, B, C })
        {
            var answer = await Http.Get(node, "/-/cluster");
            Assert.Equal((200, "application/json; charset=utf-8"), (answer.Status, answer["Content-Type"]));
            var nodes = answer.Json.GetProperty("nodes").EnumerateArray().ToArray();
            Assert.All(nodes, x => Assert.Equal(["name", "address", "http", "status", "since", "bridge"], x.EnumerateObject().Select(y => y.Name)));
            Assert.True(nodes.Count(x => x.GetProperty("status").GetString() == "active") >= new[] { A, B, C }.Distinct().Count());
            Assert.Contains(nodes, x => new Uri(x.GetProperty("http").GetString()!).Port == node.Port);
        }
    }

    [Fact(DisplayName = "Errors are application/problem+json (RFC 9457): 404 below /-/")]
    public async Task Nothing_BelowTheSystem_Is404() => Problems.Check(await Http.Get(A, "/-/nothing"), 404, "'/-/nothing'");
}
