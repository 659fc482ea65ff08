namespace OrleansGateway.Tests.Harness;

/// <summary>The turns that nodes take to announce themselves.</summary>
internal static class AnnouncedTurns
{
    /// <summary>Checks that each is followed by the next, and the last by the first. One may be left out once: it did not answer in its second.</summary>
    public static void Check(IEnumerable<string> announced, params string[] nodes)
    {
        var turns = announced.Select(x => Array.IndexOf(nodes, x)).ToList();
        Assert.DoesNotContain(-1, turns);
        var leftOut = turns.Zip(turns.Skip(1), (x, y) => (y - x - 1 + nodes.Length) % nodes.Length).Sum();
        Assert.True(leftOut <= 1, $"{leftOut} turns were left out: {string.Join(", ", turns.Select(x => nodes[x]))}");
    }
}
