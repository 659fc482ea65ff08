using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers.Server;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ConfigurationReloadTests
{
    [Fact]
    public async Task Save_OfAnotherValue_IsTakenByItselfAndTold()
    {
        await using var host = await ReloadFixture.StartAsync("""{ "NumberServer": { "RatePerMinute": 100 } }""");
        Assert.Equal(100, host.Now<NumberServerOptions>().RatePerMinute);

        host.Save("""{ "NumberServer": { "RatePerMinute": 200 }, "Gateway": { "MaxMessageBytes": "2 MiB" } }""");
        await Eventually.TrueAsync(() => host.Last is { Applied.Count: 2 }, "the new values");

        Assert.Equal((200, 2 << 20), (host.Now<NumberServerOptions>().RatePerMinute, host.Now<FrontendOptions>().MaxMessageBytes));
        Assert.Equal(["Gateway:MaxMessageBytes 1 MiB -> 2 MiB", "NumberServer:RatePerMinute 100 -> 200"], host.Last!.Applied);
        Assert.Contains("configuration reloaded: Gateway:MaxMessageBytes 1 MiB -> 2 MiB, NumberServer:RatePerMinute 100 -> 200", host.Log);
    }

    [Fact]
    public async Task Ask_AfterASaveThatWasTaken_TellsOfItOnce()
    {
        await using var host = await ReloadFixture.StartAsync();
        host.Save("""{ "Gateway": { "Retention": { "Messages": 5 } } }""");
        await Eventually.TrueAsync(() => host.Last is { Applied.Count: 1 }, "the new value");

        Assert.Equal(["Gateway:Retention:Messages 10000 -> 5"], (await host.AskAsync()).Applied);
        Assert.Empty((await host.AskAsync()).Applied);
    }

    [Fact]
    public async Task Ask_FileRemoved_TheDefaultsHoldAgain()
    {
        await using var host = await ReloadFixture.StartAsync("""{ "Gateway": { "SlowTimeout": "5s" } }""");
        File.Delete(host.File);

        await host.AskAsync();

        Assert.Equal(TimeSpan.FromSeconds(30), host.Now<FrontendOptions>().SlowTimeout);
    }

    [Fact]
    public async Task Save_ByRemovingTheFileFirst_IsNoTimeWithoutIt()
    {
        var time = new ManualTime();
        await using var host = await ReloadFixture.StartAsync("""{ "Gateway": { "SlowTimeout": "5s" } }""", x => x.AddSingleton<TimeProvider>(time));
        File.Delete(host.File);
        for (var i = 0; i < 10; i++)
        {
            // Until it is quiet, then until the file is back.
            await Eventually.TrueAsync(() => time.IsAwaited(TimeSpan.FromMilliseconds(100)) || time.IsAwaited(TimeSpan.FromMilliseconds(50)), "it waits");
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(TimeSpan.FromSeconds(5), host.Now<FrontendOptions>().SlowTimeout);
        host.Save("""{ "Gateway": { "SlowTimeout": "6s" } }""");
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return host.Last is not null;
            },
            "the new file is read");

        Assert.Equal(["Gateway:SlowTimeout 5s -> 6s"], host.Last!.Applied);
    }

    [Fact]
    public async Task Ask_AServiceFails_TheSettingsHoldAndItIsTold()
    {
        await using var host = await ReloadFixture.StartAsync("{}", x => x.AddSingleton<IReloadable>(new Refusing()));
        host.Save("""{ "Gateway": { "SlowTimeout": "6s" } }""");

        var outcome = await host.AskAsync();

        Assert.Equal((null, "no luck"), (outcome.Error, outcome.ServiceError));
        Assert.Equal(["Gateway:SlowTimeout 30s -> 6s"], outcome.Applied);
        Assert.Equal(TimeSpan.FromSeconds(6), host.Now<FrontendOptions>().SlowTimeout);
        Assert.Contains("configuration reloaded, but a service failed: no luck", host.Log);
    }

    [Fact]
    public async Task Ask_OfWhatOnlyTheCommandUses_TellsNothing()
    {
        await using var host = await ReloadFixture.StartAsync();
        host.Save("""{ "Gateway": { "Nodes": 5, "NoNumbers": true } }""");

        var outcome = await host.AskAsync();

        Assert.Empty(outcome.Applied.Concat(outcome.NeedsRestart));
    }

    [Fact]
    public async Task Ask_OfWhatAFlagSays_TheFlagWins()
    {
        await using var host = await ReloadFixture.StartAsync("{}", ("NumberServer:RatePerMinute", "7"));
        host.Save("""{ "NumberServer": { "RatePerMinute": 200 } }""");

        Assert.Empty((await host.AskAsync()).Applied);

        Assert.Equal(7, host.Now<NumberServerOptions>().RatePerMinute);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("600000.1")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("fast")]
    [InlineData("1,000")]
    [InlineData("")]
    public async Task Ask_OneBadValue_NothingOfTheFileIsApplied(string rate)
    {
        await using var host = await ReloadFixture.StartAsync();
        host.Save($$"""{ "Gateway": { "MaxMessageBytes": 1000 }, "NumberServer": { "RatePerMinute": "{{rate}}" } }""");

        var outcome = await host.AskAsync();

        Assert.Equal($"--rate (NumberServer:RatePerMinute) is '{rate}' in {host.File}; allowed is a number above 0, up to 600000 (lines a minute)", outcome.Error);
        Assert.Contains($"configuration not reloaded, the old one goes on: {outcome.Error}", host.Log);
        Assert.Equal((60, 1 << 20), (host.Now<NumberServerOptions>().RatePerMinute, host.Now<FrontendOptions>().MaxMessageBytes));
    }

    [Theory]
    [InlineData("""{ "Gateway": { "SlowTimeOut2": "5s" } }""", "Gateway:SlowTimeOut2 is '5s' in {0}, but there is no such setting; did you mean Gateway:SlowTimeout?")]
    [InlineData("""{ "Gateway": { "Retention": { "Channels": { "a//b": { "Messages": 5 } } } } }""",
        "Gateway:Retention:Channels:a//b:Messages in {0}, but 'a//b' is neither the name of a channel nor PREFIX/* nor *")]
    [InlineData("""{ "Gateway": { "Bridges": { "x*": { "Source": "127.0.0.1:1" } } } }""", "Gateway:Bridges:x*:Channel has no value; allowed is the name of a channel, such as market/ticker")]
    [InlineData("""{ "Gateway": { "Bridges": { "x": { "Channel": "x" } } } }""", "Gateway:Bridges:x:Source has no value; allowed is HOST:PORT, such as 127.0.0.1:7776")]
    [InlineData("""{ "Gateway": { "Bridges": { " ": { "Source": "127.0.0.1:1" } } } }""", "Gateway:Bridges: :Source in {0}, but a name is not blank")]
    [InlineData("""{ "Logging": { "LogLevel": { "Default": "Loud" } } }""",
        "Logging:LogLevel:Default is 'Loud' in {0}; allowed is Trace, Debug, Information, Warning, Error, Critical or None")]
    public async Task Ask_OfWhatIsNoSetting_IsRefusedWithWhatWasMeant(string json, string error)
    {
        await using var host = await ReloadFixture.StartAsync();
        host.Save(json);

        Assert.Equal(string.Format(null, error, host.File), (await host.AskAsync()).Error);
    }

    [Fact]
    public async Task Ask_FileBrokenThenMended_KeepsTheOldThenTakesTheNew()
    {
        await using var host = await ReloadFixture.StartAsync("""{ "NumberServer": { "RatePerMinute": 100 } }""");
        host.Save("""{ "NumberServer": { "RatePerMinute": 200 """);

        Assert.StartsWith($"{host.File} can't be read: ", (await host.AskAsync()).Error, StringComparison.Ordinal);
        Assert.Equal(100, host.Now<NumberServerOptions>().RatePerMinute);

        host.Save("""{ "NumberServer": { "RatePerMinute": 200 } }""");
        Assert.Null((await host.AskAsync()).Error);
        Assert.Equal(200, host.Now<NumberServerOptions>().RatePerMinute);
    }

    [Fact]
    public async Task Ask_OfWhatNeedsARestart_NamesItUntilItIsAsItWas()
    {
        await using var host = await ReloadFixture.StartAsync();
        host.Save("""{ "Gateway": { "Http": 9000, "PongTimeout": "20s" } }""");

        var outcome = await host.AskAsync();

        Assert.Equal(["Gateway:Http 8088 -> 9000"], outcome.NeedsRestart);
        Assert.Equal(TimeSpan.FromSeconds(20), host.Now<FrontendOptions>().PongTimeout);

        // It is not forgotten where something else is changed, and not told any more once it was taken back.
        host.Save("""{ "Gateway": { "Http": 9000, "PongTimeout": "21s" } }""");
        Assert.Equal(["Gateway:Http 8088 -> 9000"], (await host.AskAsync()).NeedsRestart);
        host.Save("{}");
        Assert.Empty((await host.AskAsync()).NeedsRestart);
    }

    [Fact]
    public async Task Ask_BridgesAndPatterns_ComeAndGo()
    {
        await using var host = await ReloadFixture.StartAsync("""{ "Gateway": { "Bridges": { "a": { "Source": "127.0.0.1:9000", "Channel": "a" } } } }""");
        host.Save("""
            { "Gateway": {
                "Bridges": { "b": { "Source": "127.0.0.1:9001", "Lines": "Integers" } },
                "Retention": { "Channels": { "logs/*": { "Age": "1h" } } } } }
            """);

        await host.AskAsync();

        var bridges = host.Now<BridgesOptions>().Bridges;
        Assert.Equal(["b", "numbers"], bridges.Keys.Order());
        Assert.Equal(("b", LineKind.Integers), (bridges["b"].Channel, bridges["b"].Lines));
        Assert.Equal((TimeSpan.FromHours(1), 10_000), (host.Now<RetentionOptions>().Of("logs/x").Age, host.Now<RetentionOptions>().Of("logs/x").Messages));
    }

    [Fact]
    public async Task Ask_Observers_AreToldOfItsBeginningAndItsEnd()
    {
        await using var host = await ReloadFixture.StartAsync();
        await host.AskAsync();

        Assert.Equal(["reloading", "reloaded"], host.Observed.TakeLast(2));
    }

    private sealed class Refusing : IReloadable
    {
        public Task ReloadAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("no luck");
    }
}
