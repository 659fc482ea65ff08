using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ReloadOnHangupTests
{
    [Fact]
    public void Reload_OfAConfiguration_ReadsItAgainAndSaysSo()
    {
        var source = new CountingSource();
        var log = new Log();
        using var reload = new ReloadOnHangup(new ConfigurationBuilder().Add(source).Build(), log);

        reload.Reload();

        Assert.Equal(2, source.Loads);
        Assert.Equal(["configuration reloaded"], log.Lines);
    }

    [Fact]
    public void Reload_OfWhatCantBeRead_SaysSoAndGoesOn()
    {
        var source = new CountingSource();
        var log = new Log();
        using var reload = new ReloadOnHangup(new ConfigurationBuilder().Add(source).Build(), log);
        source.Broken = true;

        reload.Reload();

        Assert.Equal(["configuration not reloaded, the old one goes on: out of order"], log.Lines);
    }

    [Fact]
    public async Task Reload_OfAFileThatCantBeRead_SaysSoOnce()
    {
        using var directory = new TemporaryState();
        var file = Path.Combine(directory.Path, "appsettings.json");
        await File.WriteAllTextAsync(file, "{}");
        var log = new Log();
        using var reload = new ReloadOnHangup(new ConfigurationBuilder().AddJsonFile(file, optional: false, reloadOnChange: false).Build(), log);
        await reload.StartAsync(CancellationToken.None);
        await File.WriteAllTextAsync(file, "{");

        reload.Reload();

        Assert.StartsWith("configuration not reloaded, the old one goes on: ", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    private sealed class CountingSource : ConfigurationProvider, IConfigurationSource
    {
        public int Loads { get; private set; }

        public bool Broken { get; set; }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load()
        {
            Loads++;
            if (Broken)
            {
                throw new InvalidDataException("out of order");
            }
        }
    }

    private sealed class Log : ILogger<ReloadOnHangup>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
