using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Numbers;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Tests.Unit.Numbers;

/// <summary>A number server in this process, its configuration in the test's hands.</summary>
internal sealed class NumberServerFixture : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly LogCapture _log = new();

    public NumberServerFixture(string rate, Action<ConfigurationManager>? configure = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [GatewaySettings.Numbers.Key] = "127.0.0.1:0",
            [GatewaySettings.Rate.Key] = rate,
        });
        configure?.Invoke(builder.Configuration);
        builder.Logging.AddProvider(_log);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddNumberServer();
        _host = builder.Build();
    }

    public NumberServer Server => _host.Services.GetRequiredService<NumberServer>();

    public IReadOnlyCollection<string> Log => _log.Messages;

    public static async Task<NumberServerFixture> StartAsync(string rate, TimeProvider? time = null)
    {
        var fixture = new NumberServerFixture(rate, time: time);
        await fixture.StartAsync();
        return fixture;
    }

    public Task StartAsync() => _host.StartAsync();

    public Task StopAsync() => _host.StopAsync();

    public void Reload(string rate)
    {
        var configuration = (IConfigurationRoot)_host.Services.GetRequiredService<IConfiguration>();
        configuration[GatewaySettings.Rate.Key] = rate;
        configuration.Reload();
    }

    public async Task<Client> ConnectAsync(int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(Server.EndPoint);
        return new Client(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>One client of the server, which never connects again.</summary>
    internal sealed class Client(Socket socket) : IAsyncDisposable
    {
        private readonly LineReader _lines = new(new NetworkStream(socket, ownsSocket: true));

        public Socket Socket => socket;

        public async Task<List<int>> TakeAsync(int count)
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            var numbers = new List<int>(count);
            while (numbers.Count < count)
            {
                var line = await _lines.ReadAsync(deadline.Token);
                Assert.True(line.HasValue, "the server closed the connection");
                Assert.True(NumberLine.TryParse(line.Value.Bytes.Span, out var number), $"'{line}' is no integer");
                numbers.Add((int)number);
            }

            return numbers;
        }

        /// <summary>Reads to the end of the connection, however it ends.</summary>
        public async Task EndAsync()
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            try
            {
                while (await _lines.ReadAsync(deadline.Token) is not null)
                {
                }
            }
            catch (IOException)
            {
            }
        }

        public ValueTask DisposeAsync() => _lines.DisposeAsync();
    }

    private sealed class LogCapture : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _messages = [];

        public IReadOnlyCollection<string> Messages => _messages;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _messages.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
