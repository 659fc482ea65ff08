using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Publishing;

/// <summary><c>gateway pub</c> with many lines, while nodes are killed and when it is told to end: each line that it says is published is there once, in its place.</summary>
[Collection(Hurt.Name)]
public sealed class LinesTests(StartedGateway started)
{
    private const int Count = 20_000;

    // So many are not yet there when a node is killed, however fast the others are.
    private const int HeldBack = 1_000;

    private readonly string _channel = StartedGateway.FreshChannel();

    [Fact]
    public async Task Pub_OfManyLinesWhileItsNodesAreKilled_PublishesEachOnceAndInOrder()
    {
        await using var restored = started.Restored();
        await using var pub = started.Gateway.Start("pub", _channel);
        var telling = Tell(pub, 1, (Count / 2) - HeldBack);
        await Acknowledged(pub, 1_000);
        Assert.True(started.Serves(1, pub));
        await started.Kill(1);
        await telling;
        telling = Tell(pub, (Count / 2) - HeldBack + 1, Count - HeldBack);
        await Acknowledged(pub, (Count / 2) + 1_000);
        Assert.True(started.Serves(2, pub));
        await started.Kill(2);
        await telling;
        await Tell(pub, Count - HeldBack + 1, Count);
        pub.EndInput();

        Assert.True(await pub.Exit(60) == 0, pub.Errors);
        Assert.Equal("", pub.Errors);
        var messages = await started.Messages(_channel, node: 3);
        Assert.Equal(Enumerable.Range(1, Count).Select(x => $"line {x}"), messages.Select(x => x.Text("data")));
        Assert.Equal(pub.Lines, messages.Select(x => x.Text("id")));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Pub_ToldToEndHalfway_HasPublishedWhatItSays(string signal)
    {
        await using var pub = started.Gateway.Start("pub", _channel, "--json");
        await Tell(pub, 1, 1_000);
        await Acknowledged(pub, 1_000);
        var telling = Tell(pub, 1_001, 100 * Count);
        await Acknowledged(pub, 2_000);
        await TestGateway.Signal(pub.Pid, signal);

        Assert.Equal(0, await pub.Exit());
        await Assert.ThrowsAsync<IOException>(() => telling);
        Assert.Equal("", pub.Errors);
        var messages = await started.Messages(_channel);
        Assert.Equal(Enumerable.Range(1, messages.Count).Select(x => $"line {x}"), messages.Select(x => x.Text("data")));
        Assert.Equal(messages.Select((x, i) => $$"""{"line":{{i + 1}},"id":"{{x.Text("id")}}","channel":"{{_channel}}"}"""), pub.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pub_WhoseEndComesAfterTheLastAnswer_EndsAtOnce(bool told)
    {
        await using var pub = started.Gateway.Start("pub", _channel);
        await pub.Tell("the only line");
        await Acknowledged(pub, 1);
        if (told)
        {
            await TestGateway.Signal(pub.Pid, "INT");
        }
        else
        {
            pub.EndInput();
        }

        Assert.Equal(0, await pub.Exit(10));
        Assert.Equal(("the only line", ""), (Assert.Single(await started.Messages(_channel)).Text("data"), pub.Errors));
    }

    [Fact]
    public async Task Pub_OfALineThatIsTooLarge_PublishesAllOthersAndSaysWhich()
    {
        await using var pub = started.Gateway.Start("pub", _channel);
        await pub.Tell("first");
        await pub.Tell(new string('x', 2_000_000));
        await pub.Tell("");
        await pub.Tell(new string('y', 5_000_000));
        await pub.Tell("  last \t");
        pub.EndInput();

        Assert.Equal(1, await pub.Exit());
        Assert.Matches(@"\Awarning: line 2 was not published: [^\n]+\nwarning: line 4 was not published: [^\n]+\nerror: 2 of 5 lines were not published\n\z", pub.Errors);
        var messages = await started.Messages(_channel);
        Assert.Equal(["first", "", "  last \t"], messages.Select(x => x.Text("data")));
        Assert.Equal(pub.Lines, messages.Select(x => x.Text("id")));
    }

    private static Task Tell(UserProgram pub, int first, int last) => Task.Run(async () =>
    {
        const int ATime = 100;
        for (var i = first; i <= last; i += ATime)
        {
            await pub.Tell(string.Join('\n', Enumerable.Range(i, Math.Min(ATime, last - i + 1)).Select(x => $"line {x}")));
        }
    });

    private static Task Acknowledged(UserProgram pub, int count) =>
        Until.True(() => pub.Lines.Count >= count, $"{count} lines are acknowledged", 40);
}
