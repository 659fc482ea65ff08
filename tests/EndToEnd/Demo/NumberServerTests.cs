using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>A number server that is away, hangs, hangs up or raves: nodes do not care, say it once, and go on when it is well.</summary>
public sealed class NumberServerTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nodes_NumberServerIsAwayAtTheStart_StartSaySoOnceAndGoOnWhenItComesAndAfterItWasCut()
    {
        string address;
        await using (var before = new CountingServer(1))
        {
            address = before.Address;
        }

        await using var nodes = new GatewayNodes(address, output);
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        await Until.True(() => Said(nodes, $"no connection to {address}") > 0, "it is said that the number server is away");
        await using var reader = await Reader.Open(nodes.Address(2), "numbers", "raw");

        await using var numbers = new CountingServer(50, int.Parse(address.Split(':')[1]), Conduct.HangUp);
        await Until.True(() => numbers.History.Count >= 3, "it is tried again and again");
        Assert.Equal(1, Said(nodes, "no connection to"));
        numbers.Behave(Conduct.Count);
        await reader.WaitForMore("numbers come", 10);

        numbers.Cut();
        await reader.WaitForMore("numbers come again", 50);
        reader.CheckNumbers();
        Assert.Equal(2, Said(nodes, "no connection to"));
        Assert.Equal(1, numbers.Connections);
    }

    [Theory]
    [InlineData("Hang")]
    [InlineData("Rave")]
    public async Task Nodes_NumberServerIsMadAtTheStart_StartAndGoOnWhenItIsWell(string conduct)
    {
        await using var numbers = new CountingServer(50, conduct: Enum.Parse<Conduct>(conduct));
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        await using var reader = await Reader.Open(nodes.Address(2), "numbers", "sse");
        await Until.True(() => numbers.Connections == 1, "it is connected");
        if (conduct == "Rave")
        {
            await Until.True(() => Said(nodes, "skipped a line") > 0, "it is said that a line was skipped");
        }

        await nodes.Publish(1, "well", "all else works");
        numbers.Behave(Conduct.Count);
        await reader.WaitForMore("numbers come", 10);
        reader.CheckNumbers();
        Assert.Equal(conduct == "Rave" ? 1 : 0, Said(nodes, "skipped a line"));
        Assert.Equal(0, Said(nodes, "no connection to"));
        Assert.Single(numbers.History);
    }

    private static int Said(GatewayNodes nodes, string words) => new[] { 1, 2 }.Sum(x => Regex.Count(nodes[x].Output, Regex.Escape(words)));
}
