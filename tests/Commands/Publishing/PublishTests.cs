using System.Text.Json;

namespace OrleansGateway.Tests.Commands.Publishing;

/// <summary><c>gateway pub</c> with one message, and what it says when there is none.</summary>
[Collection(Unhurt.Name)]
public sealed class PublishTests(StartedGateway started)
{
    private readonly TestGateway _gateway = started.Gateway;
    private readonly string _channel = StartedGateway.FreshChannel();

    [Fact]
    public async Task Pub_OfAMessage_PrintsItsIdAndNothingElse()
    {
        var first = await _gateway.Do("pub", _channel, "hi there");
        await using var second = started.Shell($"gateway pub {_channel} -- --odd");
        Assert.Equal(0, await second.Exit());

        var messages = await started.Messages(_channel, node: 2);
        Assert.Equal(["hi there", "--odd"], messages.Select(x => x.Text("data")));
        Assert.Equal([first.Output, .. second.Lines], messages.Select(x => x.Text("id")));
        Assert.Equal("text/plain; charset=utf-8", messages[0].Text("type"));
        Assert.Equal(("", ""), (first.Errors, second.Errors));
    }

    [Fact]
    public async Task PubAndSub_WhoseOutputCanNotBeWritten_DoWhatIsToBeDoneAndSaySo()
    {
        await using var shell = started.Shell($"""
            gateway pub {_channel} 1 >/dev/full; echo $?
            seq 2 3 | gateway pub {_channel} >/dev/full; echo $?
            gateway sub {_channel} --since all >/dev/full; echo $?
            """);
        await shell.Exit();

        Assert.Equal(["1", "1", "1"], shell.Lines);
        Assert.Equal(Enumerable.Repeat("error: standard output can't be written: No space left on device", 3), shell.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["1", "2", "3"], (await started.Messages(_channel)).Select(x => x.Text("data")));
    }

    [Fact]
    public async Task Pub_WithJson_PrintsTheWholeAnswer()
    {
        var result = await _gateway.Do("pub", _channel, "hi", "--json", "--type", "text/markdown");

        var answer = JsonDocument.Parse(result.Output).RootElement;
        var message = Assert.Single(await started.Messages(_channel));
        Assert.Equal((_channel, message.Text("id"), message.Text("time")), (answer.Text("channel"), answer.Text("id"), answer.Text("time")));
        Assert.Equal("text/markdown", message.Text("type"));
    }

    [Fact]
    public async Task Pub_OfAFileOrAllOfTheInput_IsOneMessageByteByByte()
    {
        var file = Path.Combine(_gateway.Directory, "picture");
        byte[] picture = [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n', 0, 0xff, (byte)'\n', (byte)'\n'];
        await File.WriteAllBytesAsync(file, picture);
        await _gateway.Do("pub", _channel, "--file", file);
        await using (var whole = _gateway.Start("pub", _channel, "--whole", "--type", "application/json"))
        {
            await whole.Tell("[1,");
            await whole.Tell("2]");
            whole.EndInput();
            Assert.Equal(0, await whole.Exit());
        }

        var messages = await started.Messages(_channel);
        Assert.Equal(2, messages.Count);
        Assert.Equal(("application/octet-stream", "application/json"), (messages[0].Text("type"), messages[1].Text("type")));
        Assert.Equal(picture, messages[0].GetProperty("data").GetBytesFromBase64());
        Assert.Equal("[1,\n2]\n", messages[1].Text("data"));
    }

    [Fact]
    public async Task Pub_OfAFileThatDoesNotEnd_EndsWhenToldTo()
    {
        var file = Path.Combine(_gateway.Directory, "pipe");
        await using var make = started.Shell($"mkfifo {file}");
        Assert.Equal(0, await make.Exit());
        await using var pub = _gateway.Start("pub", _channel, "--file", file);

        // That it can be opened says that it is read.
        await using var pipe = await Task.Run(() => new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)).WaitAsync(TimeSpan.FromSeconds(20));
        await pipe.WriteAsync("half of it"u8.ToArray());
        await pipe.FlushAsync();
        await TestGateway.Signal(pub.Pid, "INT");

        Assert.Equal(1, await pub.Exit(10));
        Assert.Equal($"error: told to end before {file} did: nothing was published\n", pub.Errors);
    }

    [Theory]
    [InlineData("numbers", 1, "says 403: ")]
    [InlineData("too/large", 2_000_000, "says 413: ")]
    public async Task Pub_OfWhatIsRefused_IsOneLineAndExitCode1(string channel, int length, string expected)
    {
        var file = Path.Combine(_gateway.Directory, $"of-{length}");
        await File.WriteAllTextAsync(file, new string('x', length));

        var result = await _gateway.Run("pub", channel, "--file", file);

        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Matches($@"\Aerror: [^\n]*{expected}[^\n]*\z", result.Errors);
    }

    [Fact]
    public async Task PubAndSub_WhereNothingRuns_SaySoSoon()
    {
        await using var nothing = new TestGateway();
        await Task.WhenAll(SaysSo("pub", "a", "x"), SaysSo("pub", "a"), SaysSo("sub", "a"));

        async Task SaysSo(params string[] arguments)
        {
            await using var program = nothing.Start(arguments);
            await program.Tell("a line");

            Assert.Equal(1, await program.Exit(12));
            Assert.Empty(program.Lines);
            Assert.Matches(@"\Aerror: no node answers: http://127\.0\.0\.1:\d+: [^\n]* start [^\n]*\n\z", program.Errors);
        }
    }
}
