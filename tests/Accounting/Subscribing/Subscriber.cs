using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>
/// Reads a channel for as long as it may, at one node after the other: it moves when its node ends the stream or says nothing,
/// and now and then just so. Where the transport carries ids it goes on after the last one.
/// </summary>
/// <param name="name">For the histories.</param>
/// <param name="channel">What it reads.</param>
/// <param name="transport">How.</param>
/// <param name="nodes">The cluster.</param>
/// <param name="random">Its own.</param>
internal sealed class Subscriber(string name, string channel, Transport transport, GatewayNodes nodes, Random random)
{
    private static readonly TimeSpan LongestOpening = TimeSpan.FromSeconds(8);

    private Id? _position;

    public string Channel => channel;

    public Reading Reading { get; } = new() { Name = name, Channel = channel, Promise = transport.Promise };

    /// <summary>Where it begins when it has no id yet: a value of <c>since</c>.</summary>
    public string BeginsWith { get; init; } = "none";

    /// <summary>The one node that it stays at; 0: it moves.</summary>
    public int StaysAt { get; init; }

    /// <summary>The last id that it has.</summary>
    public Id? Position
    {
        get
        {
            lock (Reading)
            {
                return _position;
            }
        }

        set
        {
            lock (Reading)
            {
                _position = value;
            }
        }
    }

    /// <summary>It has a place, or its transport has none.</summary>
    public bool IsThere => Position is not null || (transport.Promise != Promise.Everything && Volatile.Read(ref _opened) > 0);

    private int _opened;

    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Connect(stop);
            await Task.Delay(transport.Rest * (0.5 + random.NextDouble()), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Connect(CancellationToken stop)
    {
        var node = StaysAt != 0 ? StaysAt : random.Next(AccountingSettings.Nodes) + 1;
        var connection = new Connection { Node = node, Opened = Stopwatch.GetTimestamp(), Asked = Position };
        Reading.Connections.Add(connection);
        using var silence = new CancellationTokenSource(LongestOpening);
        using var moves = new CancellationTokenSource(StaysAt != 0 ? Timeout.InfiniteTimeSpan : Stay());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token, moves.Token);
        try
        {
            Volatile.Write(ref _opened, 1);
            await transport.Read(new Notes(this, connection, nodes.Address(node), random.Next(2) == 0, silence), over.Token);
        }
        catch (OperationCanceledException)
        {
            connection.Ended = stop.IsCancellationRequested ? "all is over" : moves.IsCancellationRequested ? "moved" : "the node says nothing";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or WebSocketException)
        {
            connection.Ended = exception.Message;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // It is the gateway's to say what can be understood.
            connection.Refused = exception.ToString();
        }
    }

    // Some stay for a moment, some for long.
    private TimeSpan Stay() => TimeSpan.FromSeconds(1 - (12 * Math.Log(1 - random.NextDouble())));
}
