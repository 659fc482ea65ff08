using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ServiceTreeTests
{
    private readonly ConcurrentQueue<string> _said = new();

    [Fact]
    public async Task Host_OfATree_StartsInOrderAndStopsInReverse()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            node.Add("chat", chat =>
            {
                Add(chat, "greeter");
                Register(chat, "chat itself");
                Add(chat, "moderator");
            });
            Add(node, "frontend");
        });

        await host.StartAsync();
        Assert.Equal(["+store", "+greeter", "+chat itself", "+moderator", "+frontend"], _said);
        Assert.All(All(host), x => Assert.Equal(ServiceState.Running, x.State));
        _said.Clear();
        await host.StopAsync();

        Assert.Equal(["-frontend", "-moderator", "-chat itself", "-greeter", "-store"], _said);
        Assert.All(All(host), x => Assert.Equal(ServiceState.Stopped, x.State));
        Assert.All(All(host), x => Assert.NotNull(x.TookMs));
    }

    [Fact]
    public async Task Start_OfAServiceThatThrows_TakesDownWhatHadStartedAndNamesIt()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            node.Add("chat", chat =>
            {
                Add(chat, "greeter");
                Add(chat, "moderator", start: _ => throw new InvalidOperationException("no luck"));
            });
            Add(node, "frontend");
        });

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StartAsync());

        Assert.Equal("chat/moderator: no luck", failure.Message);
        Assert.Equal(["+store", "+greeter", "+moderator", "-greeter", "-store"], _said);
        Assert.Equal(
            ["node failed", "store stopped", "chat failed", "greeter stopped", "moderator failed", "frontend waiting"], All(host).Select(x => $"{x.Name} {x.State}".ToLowerInvariant()));
        Assert.Equal("chat/moderator: no luck", All(host)[0].Error);
    }

    [Fact]
    public async Task Start_OfAServiceThatCannotBeMade_StartsNothingAndNamesIt()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            node.Add("chat", chat => chat.Services.AddHostedService<Needy>());
        });

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StartAsync());

        Assert.Equal("chat", failure.Path);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task Start_ThatTakesTooLong_IsAFailure()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            Add(node, "chat", start: x => Task.Delay(Timeout.Infinite, x), options: x => x.StartTimeout = TimeSpan.FromSeconds(1));
        });

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StartAsync());

        Assert.StartsWith("chat: it did not start within 1 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["+store", "+chat", "-store"], _said);
    }

    [Fact]
    public async Task Start_ThatIsDoneOnlyAfterItsTime_IsAFailure()
    {
        // What had started before may have ended by the end of the time, as background work does.
        var over = new TaskCompletionSource();
        using var host = Host(node => node.Add("chat", chat =>
        {
            chat.StartTimeout = TimeSpan.FromSeconds(1);
            chat.Services.AddHostedService(_ => new Patient());
            Register(chat, "heedless", start: token =>
            {
                token.Register(over.SetResult);
                return over.Task;
            });
        }));

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StartAsync());

        Assert.StartsWith("chat: it did not start within 1 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["+heedless", "-heedless"], _said);
    }

    [Fact]
    public async Task Stop_OfAServiceThatIgnoresItsTimeout_LeavesItBehindAndStopsTheOthers()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            Add(node, "chat", stop: _ => new TaskCompletionSource().Task, options: x => x.StopTimeout = TimeSpan.FromMilliseconds(50));
        });
        await host.StartAsync();
        _said.Clear();

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StopAsync());

        Assert.StartsWith("chat: it did not stop within 0.05 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["-chat", "-store"], _said);
        Assert.Equal(["node failed", "store stopped", "chat failed"], All(host).Select(x => $"{x.Name} {x.State}".ToLowerInvariant()));
    }

    [Fact]
    public async Task BackgroundService_ThatFails_IsNamedAndStopsTheHost()
    {
        var fail = new TaskCompletionSource();
        using var host = Host(node =>
        {
            Add(node, "store");
            node.Add("chat", chat => chat.Add("greeter", x => x.Services.AddHostedService(_ => new Background(fail.Task))));
        });
        await host.StartAsync();

        fail.SetException(new InvalidOperationException("no luck"));
        await host.WaitForShutdownAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("chat/greeter: no luck", host.Services.GetRequiredService<ServiceTree>().Failure?.Message);
        Assert.Equal("chat/greeter: no luck", All(host)[0].Error);
        Assert.Equal(["+store", "-store"], _said);
        Assert.Equal(["node failed", "store stopped", "chat failed", "greeter failed"], All(host).Select(x => $"{x.Name} {x.State}".ToLowerInvariant()));
    }

    [Fact]
    public async Task BackgroundService_ThatDoesNotEnd_IsAFailureOfTheStop()
    {
        var service = new Background(new TaskCompletionSource().Task);
        using var host = Host(node => node.Add("chat", x =>
        {
            x.StopTimeout = TimeSpan.FromMilliseconds(50);
            x.Services.AddHostedService(_ => service);
        }));
        await host.StartAsync();

        // What is stopped before it began has nothing to end.
        await service.Began.WaitAsync(TimeSpan.FromSeconds(10));

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => host.StopAsync());

        Assert.Equal("chat", failure.Path);
    }

    [Fact]
    public async Task Host_ToldToStopWhileItStarts_StopsAllAndNothingHasFailed()
    {
        IHost? host = null;
        using var made = host = Host(node =>
        {
            node.Add("listener", x => x.Services.AddHostedService(_ => new Patient()));
            Add(node, "frontend", start: token =>
            {
                host!.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                return Task.Delay(Timeout.Infinite, token);
            });
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync());
        await host.StopAsync();

        Assert.Null(host.Services.GetRequiredService<ServiceTree>().Failure);
        Assert.DoesNotContain(All(host), x => x.State is ServiceState.Failed or ServiceState.Running);
    }

    [Fact]
    public async Task Reload_OfATree_GoesDownInOrderAndNamesWhoRefuses()
    {
        using var host = Host(node =>
        {
            Add(node, "store", reload: () => throw new InvalidOperationException("no luck"));
            node.Add("chat", chat =>
            {
                Add(chat, "greeter");
                Add(chat, "moderator");
            });
        });
        await host.StartAsync();
        _said.Clear();

        var failure = await Assert.ThrowsAsync<ServiceFailedException>(() => Assert.Single(host.Services.GetServices<IReloadable>()).ReloadAsync(default));

        Assert.Equal("store: no luck", failure.Message);
        Assert.Equal(["~store", "~greeter", "~moderator"], _said);
    }

    [Fact]
    public async Task LifecycleService_InATree_IsCalledAsByTheHost()
    {
        using var host = Host(node =>
        {
            Add(node, "store");
            node.Add("chat", x => x.Services.AddHostedService(_ => new Lifecycle(_said)));
        });

        await host.StartAsync();
        await host.StopAsync();

        Assert.Equal(["starting", "+store", "start", "started", "stopping", "stop", "-store", "stopped"], _said);
    }

    [Fact]
    public async Task Claim_OfWhatIsRegisteredLast_IsStartedInItsPlaceInTheTree()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseLateServices();
        builder.Services.AddServiceTree("node", node =>
        {
            node.Add("frontend", x => x.Claim(y => y.ImplementationInstance is Late));
            Add(node, "store");
        });
        builder.Services.AddSingleton<IHostedService>(new Late(_said));
        using var host = builder.Build();

        await host.StartAsync();

        Assert.Equal(["+late", "+store"], _said);
    }

    [Fact]
    public void Add_OfAPartOfTheSameName_Throws() =>
        Assert.Throws<InvalidOperationException>(() => Host(node => node.Add("chat", _ => { }).Add("chat", _ => { })));

    [Fact]
    public async Task Dispose_OfTheHost_DisposesTheServices()
    {
        var service = new Lifecycle(_said);
        using (var host = Host(node => node.Add("chat", x => x.Services.AddHostedService(_ => service))))
        {
            await host.StartAsync();
        }

        Assert.True(service.Disposed);
    }

    private static IHost Host(Action<ServiceBuilder> compose)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddServiceTree("node", compose);
        return builder.Build();
    }

    private static List<ServiceReport> All(IHost host)
    {
        return [.. And(host.Services.GetRequiredService<ServiceTree>().Report())];

        static IEnumerable<ServiceReport> And(ServiceReport service) => service.Children.SelectMany(And).Prepend(service);
    }

    private void Add(
        ServiceBuilder to, string name, Func<CancellationToken, Task>? start = null, Func<CancellationToken, Task>? stop = null, Action? reload = null, Action<ServiceBuilder>? options = null) =>
        to.Add(name, x =>
        {
            options?.Invoke(x);
            Register(x, name, start, stop, reload);
        });

    private void Register(ServiceBuilder to, string name, Func<CancellationToken, Task>? start = null, Func<CancellationToken, Task>? stop = null, Action? reload = null) =>
        to.Services.AddSingleton<IHostedService>(new Talkative(name, _said, start, stop, reload));

    private sealed class Talkative(
        string name, ConcurrentQueue<string> said, Func<CancellationToken, Task>? start, Func<CancellationToken, Task>? stop, Action? reload) : IHostedService, IReloadable
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            said.Enqueue($"+{name}");
            return start?.Invoke(cancellationToken) ?? Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            said.Enqueue($"-{name}");
            return stop?.Invoke(cancellationToken) ?? Task.CompletedTask;
        }

        public Task ReloadAsync(CancellationToken cancellationToken)
        {
            said.Enqueue($"~{name}");
            reload?.Invoke();
            return Task.CompletedTask;
        }
    }

    private sealed class Background(Task work) : BackgroundService
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Began => _began.Task;

        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            _began.SetResult();
            return work;
        }
    }

    private sealed class Patient : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Delay(Timeout.Infinite, stoppingToken);
    }

    private sealed class Late(ConcurrentQueue<string> said) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            said.Enqueue("+late");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Needy(ServiceTreeTests whatNobodyHas) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.FromResult(whatNobodyHas);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Lifecycle(ConcurrentQueue<string> said) : IHostedLifecycleService, IDisposable
    {
        public bool Disposed { get; private set; }

        public Task StartingAsync(CancellationToken cancellationToken) => Say("starting");

        public Task StartAsync(CancellationToken cancellationToken) => Say("start");

        public Task StartedAsync(CancellationToken cancellationToken) => Say("started");

        public Task StoppingAsync(CancellationToken cancellationToken) => Say("stopping");

        public Task StopAsync(CancellationToken cancellationToken) => Say("stop");

        public Task StoppedAsync(CancellationToken cancellationToken) => Say("stopped");

        public void Dispose() => Disposed = true;

        private Task Say(string word)
        {
            said.Enqueue(word);
            return Task.CompletedTask;
        }
    }
}
