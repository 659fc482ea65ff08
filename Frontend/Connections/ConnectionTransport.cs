using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Metrics;

namespace OrleansGateway.Connections;

/// <summary>The web server's transport on Linux. Where it is not supported, the web server's own does.</summary>
internal sealed class ConnectionTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    // A loop does little for an event, but it does it alone.
    private readonly Lazy<EventLoop[]> _loops = new(() => [.. Enumerable.Range(1, Math.Max(1, Environment.ProcessorCount / 2)).Select(x => new EventLoop(x))]);
    private readonly GatewayEndpoints _endpoints;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ConnectionTransport(GatewayEndpoints endpoints, IServiceProvider services, TimeProvider time, ILogger<ConnectionListener> logger)
    {
        (_endpoints, _services, _time, _logger) = (endpoints, services, time, logger);
        GatewayMeter.Meter.CreateObservableUpDownCounter("gateway.connections", Count, "{connection}", "Clients' connections, by who serves them.");
    }

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint && Epoll.IsSupported && _endpoints.Has(endpoint);

    // The web server is made before the host starts: what serves requests, and needs the store for it, is asked for only now.
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new ConnectionListener((IPEndPoint)endpoint, _loops.Value, _services.GetRequiredService<RequestServices>(), _time, _logger));

    public void Dispose()
    {
        if (_loops.IsValueCreated)
        {
            foreach (var loop in _loops.Value)
            {
                loop.Dispose();
            }
        }
    }

    private IEnumerable<Measurement<int>> Count()
    {
        var all = _loops.IsValueCreated ? _loops.Value.SelectMany(x => x.Connections).ToList() : [];
        var kestrels = all.Count(x => x.IsKestrels);
        return [Of("direct", all.Count - kestrels), Of("kestrel", kestrels)];

        static Measurement<int> Of(string way, int count) => new(count, new KeyValuePair<string, object?>("way", way));
    }
}
