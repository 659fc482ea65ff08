using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Cluster;

/// <summary>
/// Sees at once when another node's process dies: holds a TCP connection to each other silo, and when one closes and
/// connecting again is refused twice, nothing listens there any more. That is the kernel's evidence, not a guess, so the
/// silo is declared dead without waiting for probes; those remain for what refuses nothing (a frozen process, a lost machine).
/// </summary>
internal sealed partial class Tripwire(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    TimeProvider time,
    ILogger<Tripwire> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenRefusals = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenConnections = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wires = new Dictionary<SiloAddress, Task>();
        try
        {
            await Follow(wires, stoppingToken);
        }
        finally
        {
            await Task.WhenAll(wires.Values);
        }
    }

    private async Task Follow(Dictionary<SiloAddress, Task> wires, CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            foreach (var member in snapshot.Members.Values)
            {
                if (member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress) && !wires.ContainsKey(member.SiloAddress))
                {
                    wires[member.SiloAddress] = Watch(member.SiloAddress, stoppingToken);
                }
            }

            foreach (var (silo, _) in wires.Where(x => x.Value.IsCompleted).ToList())
            {
                wires.Remove(silo);
            }
        }
    }

    private bool IsWatched(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    private async Task Watch(SiloAddress silo, CancellationToken cancellationToken)
    {
        try
        {
            while (IsWatched(silo))
            {
                try
                {
                    if (await IsGone(silo.Endpoint, cancellationToken) && await Declare(silo))
                    {
                        return;
                    }
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    // It may pass: just now all others write to the table too.
                    LogFailed(exception, silo);
                }

                await Task.Delay(BetweenConnections, time, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> IsGone(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        if (await HoldConnection(endpoint, cancellationToken))
        {
            return false;
        }

        await Task.Delay(BetweenRefusals, time, cancellationToken);
        return !await HoldConnection(endpoint, cancellationToken);
    }

    /// <summary>Connects and waits for the end.</summary>
    /// <returns>False where the connection was refused.</returns>
    private static async Task<bool> HoldConnection(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
        catch (SocketException)
        {
            return true;
        }

        try
        {
            // The silo writes its preamble and waits for ours, which never comes.
            var buffer = new byte[256];
            while (await socket.ReceiveAsync(buffer, cancellationToken) > 0)
            {
            }
        }
        catch (SocketException)
        {
        }

        return true;
    }

    private async Task<bool> Declare(SiloAddress silo)
    {
        // One that is shutting down closes its port too, and may say so only in the table yet.
        await membership.Refresh();
        if (!IsWatched(silo))
        {
            return true;
        }

        LogDead(silo);
        return await membership.TryKill(silo);
    }

    [LoggerMessage(1, LogLevel.Warning, "Nothing listens at {Silo} any more: declaring it dead")]
    private partial void LogDead(SiloAddress silo);

    [LoggerMessage(2, LogLevel.Warning, "The tripwire to {Silo} failed; it tries again, and probes remain")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
