using System.Collections.Concurrent;
using System.Net;

namespace OrleansGateway.Connections;

/// <summary>The end points whose clients speak to the gateway without TLS. On no other is a plain request answered by whoever reads it first.</summary>
internal sealed class GatewayEndpoints
{
    private readonly ConcurrentDictionary<EndPoint, bool> _endpoints = new();

    public void Add(EndPoint endpoint) => _endpoints[endpoint] = true;

    public bool Has(EndPoint endpoint) => _endpoints.ContainsKey(endpoint);
}
