using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>The web server's transport on Linux. Where it is not supported, the web server's own does.</summary>
internal sealed class ConnectionTransport(Hub hub, Publisher publisher, IOptionsMonitor<FrontendOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    // A loop does little for an event, but it does it alone.
    private readonly Lazy<EventLoop[]> _loops = new(() => [.. Enumerable.Range(1, Math.Max(1, Environment.ProcessorCount / 2)).Select(x => new EventLoop(x))]);

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint && Epoll.IsSupported;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new ConnectionListener((IPEndPoint)endpoint, _loops.Value, new RequestServices(hub, publisher, options, lifetime, (x, _) => x.Close()), time));

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
}
