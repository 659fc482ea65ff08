using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Hosting;

/// <summary>A host whose settings are those of a file in a directory of its own.</summary>
internal sealed class ReloadFixture : IAsyncDisposable, IReloadObserver
{
    private readonly TemporaryState _directory = new();
    private readonly ConcurrentQueue<string> _log = [];
    private readonly ConcurrentQueue<string> _observed = [];
    private readonly ReloadRequests _requests = new();
    private readonly IHost _host;

    private ReloadFixture(string json, IReadOnlyDictionary<string, string?> flags, Action<IServiceCollection>? add)
    {
        const Parts part = Parts.Node | Parts.Numbers;
        Save(json);
        Assert.True(GatewayConfiguration.TryRead(_directory.Path, flags, out var configuration, out var error), error);
        Assert.True(GatewayConfiguration.TryValidate(configuration, part, out error), error);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        add?.Invoke(builder.Services);
        builder.AddRunningConfiguration(new RunningConfiguration(part, _directory.Path, flags, configuration), _requests);
        builder.Services.AddSingleton<IReloadObserver>(this);
        builder.Logging.AddProvider(new Capture(_log));
        _host = builder.Build();
    }

    public string File => Path.Combine(_directory.Path, GatewayConfiguration.FileName);

    public IReadOnlyCollection<string> Log => _log;

    /// <summary>What an observer was told, in order.</summary>
    public IReadOnlyCollection<string> Observed => _observed;

    public ReloadOutcome? Last => _host.Services.GetRequiredService<ReloadLog>().Last;

    public static Task<ReloadFixture> StartAsync(string json = "{}", params (string Key, string Value)[] flags) => StartAsync(json, null, flags);

    /// <summary>Starts it with services of its own.</summary>
    public static async Task<ReloadFixture> StartAsync(string json, Action<IServiceCollection>? add, params (string Key, string Value)[] flags)
    {
        var fixture = new ReloadFixture(json, flags.ToDictionary(x => x.Key, x => (string?)x.Value), add);
        await fixture._host.StartAsync();
        return fixture;
    }

    /// <summary>What the options say now.</summary>
    public TOptions Now<TOptions>()
        where TOptions : class => _host.Services.GetRequiredService<IOptionsMonitor<TOptions>>().CurrentValue;

    public void Save(string json) => System.IO.File.WriteAllText(File, json);

    /// <summary>Asks for a reload, as SIGHUP does, and waits for what comes of it.</summary>
    public async Task<ReloadOutcome> AskAsync()
    {
        var before = Last;
        _requests.Ask();
        await Eventually.TrueAsync(() => Last is not null && !ReferenceEquals(Last, before) && _observed.LastOrDefault() == "reloaded", "an outcome of the reload");
        return Last!;
    }

    void IReloadObserver.Reloading() => _observed.Enqueue("reloading");

    void IReloadObserver.Reloaded() => _observed.Enqueue("reloaded");

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _requests.Dispose();
        _directory.Dispose();
    }

    private sealed class Capture(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
