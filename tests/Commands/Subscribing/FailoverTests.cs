using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Subscribing;

/// <summary><c>gateway sub</c> while its node is killed, and while all are restarted.</summary>
[Collection(Hurt.Name)]
public sealed class FailoverTests(StartedGateway started)
{
    private readonly string _channel = StartedGateway.FreshChannel();

    [Fact]
    [Trait("Length", "long")]
    public async Task Sub_WhileNodesAreKilledAndRestarted_PrintsEachMessageOnce()
    {
        var gateway = started.Gateway;
        await using var restored = started.Restored();
        await gateway.Do("pub", _channel, "line 0");
        await using var plain = gateway.Start("sub", _channel, "--since", "all");
        await using var json = gateway.Start("sub", _channel, "--since", "all", "--json");
        await using var pub = gateway.Start("pub", _channel);
        using var enough = new CancellationTokenSource();
        var telling = Tell(pub, enough.Token);
        await Printed(100);

        Assert.All([plain, json, pub], x => Assert.True(started.Serves(1, x)));
        await started.Kill(1);
        await Printed(plain.Lines.Count + 100);
        await gateway.Do("start", "node", "1");
        await gateway.Do("restart");
        await Printed(plain.Lines.Count + 100);

        await enough.CancelAsync();
        var told = await telling;
        pub.EndInput();
        Assert.True(await pub.Exit(40) == 0, pub.Errors);
        await Printed(told + 1);
        await TestGateway.Signal(plain.Pid, "INT");
        await TestGateway.Signal(json.Pid, "TERM");
        Assert.Equal((0, 0), (await plain.Exit(), await json.Exit()));

        Assert.Equal(Enumerable.Range(0, told + 1).Select(x => $"line {x}"), plain.Lines);
        var messages = json.Lines.ConvertAll(x => JsonDocument.Parse(x).RootElement);
        Assert.Equal(plain.Lines, messages.Select(x => x.Text("data")));
        Assert.Equal(pub.Lines, messages.Skip(1).Select(x => x.Text("id")));
        Assert.Equal(Enumerable.Range(1, told + 1).Select(x => $"{x}"), messages.Select(x => x.Text("id").Split('-')[^1]));

        Task Printed(int count) => Until.True(() => Math.Min(plain.Lines.Count, json.Lines.Count) >= count, $"both have {count} messages", 40);
    }

    // Lines at a steady pace, until it is enough.
    private static async Task<int> Tell(UserProgram pub, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var count = 0; ;)
        {
            if (enough.IsCancellationRequested)
            {
                return count;
            }

            await pub.Tell($"line {++count}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
