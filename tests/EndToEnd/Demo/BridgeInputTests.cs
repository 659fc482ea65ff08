using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>What a number server sends that is no number.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class BridgeInputTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task NumberServer_SendsRubbish_IsSkippedAndLoggedOnce()
    {
        await using var reader = await Reader.Open(shared.Nodes.Address(2), "numbers", "sse");
        foreach (var rubbish in new[] { "hello\n", "\n", "1.5\n", $"{new string('9', 5000)}\n", "12 13\n" })
        {
            shared.Numbers.SendOnce(rubbish);
            await reader.WaitForMore("numbers go on", 5);
        }

        reader.CheckNumbers();
        var warnings = new[] { 1, 2, 3 }.Sum(x => shared.Nodes[x].Output.Split("skipped a line").Length - 1);
        Assert.Equal(1, warnings);
    }
}
