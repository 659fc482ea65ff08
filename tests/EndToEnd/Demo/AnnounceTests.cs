using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>The announcer of a cluster whose nodes come and go.</summary>
public sealed class AnnounceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Announce_OwnerIsKilledAndComesBack_LosesItsTurnTheStarMovesAndItHasItsTurnAgain()
    {
        await using var numbers = new CountingServer(50);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        var owner = await nodes.Owner(1, 2, 3);
        int[] survivors = [.. new[] { 1, 2, 3 }.Where(x => x != owner)];
        await using var reader = await Reader.Open(nodes.Address(survivors[0]), "announce", "raw");
        await TakesTurns(reader, owner, 1, 2, 3);

        nodes[owner].Kill();
        var next = await nodes.Owner(survivors);
        var before = reader.Count;
        await TakesTurns(reader, next, survivors);

        // One may have been on its way; after that a dead node is not announced.
        Assert.DoesNotContain(reader.Messages.Skip(before + 1), x => x.Text.StartsWith($"node-{owner}", StringComparison.Ordinal));
        await nodes.Start(owner);
        await TakesTurns(reader, next, 1, 2, 3);
        output.WriteLine(string.Join(", ", reader.Messages.Select(x => x.Text)));
    }

    /// <summary>Waits until two rounds in a row are as they should be: in the order of the names, with the star at the owner.</summary>
    private static Task TakesTurns(Reader reader, int owner, params int[] nodes)
    {
        var round = nodes.Order().Select(x => x == owner ? $"node-{x} *" : $"node-{x}").ToList();
        var begun = reader.Count;
        return Until.True(
            () =>
            {
                var said = reader.Messages.Skip(begun).Select(x => x.Text).TakeLast(2 * round.Count).ToList();
                var first = said.Count < 2 * round.Count ? -1 : round.IndexOf(said[0]);
                return Task.FromResult(first >= 0 && said.Select((x, i) => x == round[(first + i) % round.Count]).All(x => x));
            },
            () => $"{string.Join(", ", round)} take turns; all that was said: {string.Join(", ", reader.Messages.Select(x => x.Text))}",
            (2 * round.Count) + 8);
    }
}
