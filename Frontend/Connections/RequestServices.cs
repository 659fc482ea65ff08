using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>What plain requests are served by.</summary>
/// <param name="Hub">Serves subscriptions.</param>
/// <param name="Publisher">Publishes.</param>
/// <param name="Options">What is allowed.</param>
/// <param name="Lifetime">Says when the node stops.</param>
internal sealed record RequestServices(Hub Hub, Publisher Publisher, IOptionsMonitor<FrontendOptions> Options, IHostApplicationLifetime Lifetime)
{
    public bool IsStopping => Lifetime.ApplicationStopping.IsCancellationRequested;

    public bool IsOn => Options.CurrentValue.DirectConnections;
}
