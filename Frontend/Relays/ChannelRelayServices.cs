using Microsoft.Extensions.Logging;
using OrleansGateway.Metrics;

namespace OrleansGateway.Relays;

/// <summary>What all relays of channels share.</summary>
/// <param name="Client">Leads to the channels.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">For what subscribers lose.</param>
/// <param name="Counts">Counts what they get.</param>
/// <param name="Tend">Called when a relay holds something that <see cref="ChannelRelay.Expire"/> has to forget.</param>
internal sealed record ChannelRelayServices(
    IClusterClient Client, TimeProvider Time, ILogger<ChannelRelay> Logger, RelayCounts Counts, Action<ChannelRelay>? Tend = null);
