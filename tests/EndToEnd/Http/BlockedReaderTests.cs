using System.Diagnostics;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>A node that stops while some of its subscribers take nothing.</summary>
public sealed class BlockedReaderTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_SubscribersThatTakeNothing_AreCutAndHoldUpNobody(bool isDirect)
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output)
        {
            Environment = new Dictionary<string, string> { ["Gateway__DirectConnections"] = $"{isDirect}" },
        };
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        using var raw = await BlockedReader.Open(nodes.Address(1), "c", "raw");
        using var sse = await BlockedReader.Open(nodes.Address(1), "c", "sse");
        await using var beside = await Reader.Open(nodes.Address(1), "c", "raw");
        await using var elsewhere = await Reader.Open(nodes.Address(2), "c", "sse");
        for (var i = 0; i < BlockedReader.TooMuch; i++)
        {
            await nodes.Publish(2, "c", BlockedReader.Message(i));
            await beside.WaitForText(BlockedReader.Message(i));
        }

        var begun = Stopwatch.GetTimestamp();
        var stopping = nodes[1].Stop();
        await beside.Ended.WaitAsync(Patience);
        Assert.Equal(0, await stopping.WaitAsync(Patience));
        output.WriteLine($"it stopped after {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s");

        // They took nothing until the node was gone.
        await raw.CheckCut(Patience);
        await sse.CheckCut(Patience);
        await nodes.Publish(2, "c", "after");
        await elsewhere.WaitForText("after");
        Assert.Equal([.. Enumerable.Range(0, BlockedReader.TooMuch).Select(BlockedReader.Message), "after"], elsewhere.Messages.Select(x => x.Text));
    }
}
