using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Subscribing;

/// <summary><c>gateway sub</c>: what it prints, and how it ends.</summary>
[Collection(Unhurt.Name)]
public sealed class SubscribeTests(StartedGateway started)
{
    private readonly TestGateway _gateway = started.Gateway;
    private readonly string _channel = StartedGateway.FreshChannel();

    [Fact]
    public async Task Sub_WithACount_EndsWithTheLastOfThem()
    {
        await Publish(_channel, "1", "2", "3");

        Assert.Equal("1\n2", (await _gateway.Do("sub", _channel, "--since", "all", "-n", "2")).Output);
        Assert.Equal("3", (await _gateway.Do("sub", _channel, "--since", "latest", "-n", "1")).Output);
        var third = (await started.Messages(_channel))[2];
        var json = JsonDocument.Parse((await _gateway.Do("sub", _channel, "--since", "latest", "-n", "1", "--json")).Output).RootElement;
        Assert.Equal(("3", third.Text("id"), _channel), (json.Text("data"), json.Text("id"), json.Text("channel")));
    }

    [Fact]
    public async Task Sub_ToWhatIsNew_PrintsNothingOlder()
    {
        await Publish(_channel, "old");
        await using var sub = _gateway.Start("sub", _channel, "-n", "1");
        await Subscribers(_channel, 1);
        await Publish(_channel, "new");

        Assert.Equal(0, await sub.Exit());
        Assert.Equal(["new"], sub.Lines);
        Assert.Equal("", sub.Errors);
    }

    [Fact]
    public async Task Sub_ToAPrefixAndAChannel_SaysWhichEachIsOf()
    {
        await Publish($"{_channel}/of/it/1", "1");
        await Publish($"{_channel}-other", "2");
        await Publish($"{_channel}-not", "3");
        await using var sub = _gateway.Start("sub", $"{_channel}/of/*", $"{_channel}-other", "--since", "all", "--json");
        await Until.True(() => sub.Lines.Count >= 2, "both are there");

        // One that begins later.
        await Publish($"{_channel}/of/2", "4");
        await Publish($"{_channel}-other", "5");
        await Until.True(() => sub.Lines.Count >= 4, "all are there");
        await TestGateway.Signal(sub.Pid, "INT");

        Assert.Equal(0, await sub.Exit());
        var messages = sub.Lines.ConvertAll(x => JsonDocument.Parse(x).RootElement);
        Assert.Equal(
            [($"{_channel}-other", "2"), ($"{_channel}-other", "5"), ($"{_channel}/of/2", "4"), ($"{_channel}/of/it/1", "1")],
            messages.Select(x => (x.Text("channel"), x.Text("data"))).Order());
        Assert.Equal(["4", "5"], messages.TakeLast(2).Select(x => x.Text("data")).Order());
        Assert.Equal("", sub.Errors);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Sub_ToldToEnd_EndsWithExitCode0(string signal)
    {
        await using var sub = _gateway.Start("sub", _channel);
        await Subscribers(_channel, 1);
        await TestGateway.Signal(sub.Pid, signal);

        Assert.Equal(0, await sub.Exit(5));
        Assert.Equal("", sub.Errors);
        Assert.Empty(sub.Lines);
        await Subscribers(_channel, 0);
    }

    [Fact]
    public async Task Sub_WhoseReaderIsGone_EndsBeforeTheNextMessage()
    {
        await Publish(_channel, "1", "2", "3", "4");
        await using var pipe = started.Shell($"gateway sub {_channel} --since all | head -n 3; echo ${{PIPESTATUS[@]}}");
        Assert.Equal(0, await pipe.Exit());
        Assert.Equal(["1", "2", "3", "0 0"], pipe.Lines);
        Assert.Equal("", pipe.Errors);

        // The reader goes before there is anything to read.
        await using var unread = started.Shell($"gateway sub {StartedGateway.FreshChannel()} | true; echo ${{PIPESTATUS[@]}}");
        Assert.Equal(0, await unread.Exit());
        Assert.Equal(["0 0"], unread.Lines);
        Assert.Equal("", unread.Errors);
    }

    [Fact]
    public async Task SubIntoPub_MovesEachLineAtOnceAndAllBeforeTheEnd()
    {
        var to = StartedGateway.FreshChannel();
        await using var pipe = started.Shell($"gateway sub {_channel} --since all -n 1001 | gateway pub {to}; echo ${{PIPESTATUS[@]}}");
        await Subscribers(_channel, 1);
        await Publish(_channel, "a line alone");
        await Until.True(async () => (await started.Messages(to)).Count == 1, "it comes though no more do");

        string[] more = [.. Enumerable.Range(1, 1000).Select(x => $"{x}")];
        await Publish(_channel, more);
        Assert.Equal(0, await pipe.Exit());
        Assert.Equal(("0 0", ""), (pipe.Lines[^1], pipe.Errors));
        var messages = await started.Messages(to);
        Assert.Equal(["a line alone", .. more], messages.Select(x => x.Text("data")));
        Assert.Equal(pipe.Lines[..^1], messages.Select(x => x.Text("id")));
    }

    private async Task Publish(string channel, params string[] lines)
    {
        await using var pub = _gateway.Start("pub", channel);
        await pub.Tell(string.Join('\n', lines));
        pub.EndInput();
        Assert.True(await pub.Exit() == 0, pub.Errors);
    }

    private Task Subscribers(string channel, int count) => Until.True(async () => await started.Subscribers(channel) == count, $"{channel} has {count} subscribers");
}
