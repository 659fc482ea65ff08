using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Clients;

/// <summary>A client that closes is forgotten at once, whichever way it subscribed.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class ClosingTests(SharedNodes shared)
{
    public static TheoryData<string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool>();
            foreach (var transport in RawClient.Transports)
            {
                ways.Add(transport, false);
                ways.Add(transport, true);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Close_OnEachTransport_IsForgottenAtOnce(string transport, bool reset)
    {
        var node = shared.Nodes.Address(1);
        using var client = await RawClient.Open(RawClient.NewSocket(), node, SharedNodes.FreshChannel(), transport);
        await Until.True(IsHeld, "the node holds the connection");
        if (reset)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        await Until.True(() => !IsHeld(), "the node has let go of it", 5);

        bool IsHeld() => OpenConnections.At(node.Port, shared.Nodes[1].Pid).Contains(client.Local);
    }
}

/// <summary>A WebSocket client that reads, but answers no ping.</summary>
public sealed class SilentTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Pings_AreNotAnswered_ClientIsForgottenAndWhoAnswersIsNot()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1);
        var (node, pid) = (nodes.Address(1), nodes[1].Pid);
        using var answers = new ClientWebSocket();
        await answers.ConnectAsync(new Uri($"ws://{node.Authority}/c"), CancellationToken.None);
        var receiving = answers.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None).AsTask();
        RawClient[] silent = [await RawClient.Open(RawClient.NewSocket(), node, "c", "ws"), await RawClient.Open(RawClient.NewSocket(), node, "c", "gateway.json")];
        var ends = silent.Select(x => x.Local).ToHashSet();
        Assert.Superset(ends, OpenConnections.At(node.Port, pid));
        await Task.WhenAll(silent.Select(x => x.Take())).WaitAsync(TimeSpan.FromSeconds(45));
        await Until.True(() => !OpenConnections.At(node.Port, pid).Overlaps(ends), "both are forgotten", 5);
        Array.ForEach(silent, x => x.Dispose());

        await nodes.Publish(1, "c", "still there");
        Assert.Equal("still there".Length, (await receiving.WaitAsync(TimeSpan.FromSeconds(5))).Count);
    }
}

/// <summary>Clients that vanish without a word.</summary>
public sealed class VanishingTests(ITestOutputHelper output)
{
    private static readonly TimeSpan AtLatest = TimeSpan.FromSeconds(45);

    [Fact]
    public async Task Vanish_LinkIsCut_EachIsForgottenAndNobodyElse()
    {
        // Where there is none (test.sh says so) the sockets are only asked whether TCP would notice.
        using var link = CutLink.TryMake();
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output) { Bind = link?.Here ?? "127.0.0.1" };
        await nodes.Start(1);
        var (node, pid) = (nodes.Address(1), nodes[1].Pid);
        if (link is null)
        {
            using var only = await RawClient.Open(RawClient.NewSocket(), node, "quiet", "raw");
            Assert.Contains(only.Local, OpenConnections.WithKeepAlive(node.Port, pid));
            return;
        }

        // On a quiet channel only keep-alives are sent, if anything; on the other one something is always under way.
        var vanishing = new List<RawClient>();
        var staying = new List<RawClient>();
        foreach (var channel in new[] { "quiet", "busy" })
        {
            foreach (var transport in RawClient.Transports.Where(x => channel == "quiet" || x != "poll"))
            {
                vanishing.Add(await RawClient.Open(link.NewSocket(), node, channel, transport));
                if (transport is not ("ws" or "gateway.json"))
                {
                    staying.Add(await RawClient.Open(RawClient.NewSocket(), node, channel, transport));
                }
            }
        }

        vanishing.Concat(staying).ToList().ForEach(x => _ = x.Take());
        await Until.True(() => Held().IsSupersetOf(vanishing.Concat(staying).Select(x => x.Local)), "the node holds all connections");
        using var stop = new CancellationTokenSource();
        var publishing = Publish(nodes, stop.Token);

        link.Cut();
        var begun = Stopwatch.StartNew();
        var waiting = vanishing.ToList();
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500)))
        {
            while (waiting.Count > 0)
            {
                await timer.WaitForNextTickAsync();
                var held = Held();
                foreach (var client in waiting.Where(x => !held.Contains(x.Local)).ToList())
                {
                    waiting.Remove(client);
                    output.WriteLine($"{client.Name}: {begun.Elapsed.TotalSeconds:0.0} s");
                }

                Assert.True(begun.Elapsed < AtLatest || waiting.Count == 0, $"not within {AtLatest}: {string.Join(", ", waiting.Select(x => x.Name))}");
            }
        }

        Assert.Superset(staying.Select(x => x.Local).ToHashSet(), Held());
        await stop.CancelAsync();
        await publishing;
        vanishing.Concat(staying).ToList().ForEach(x => x.Dispose());

        HashSet<IPEndPoint> Held() => OpenConnections.At(node.Port, pid);
    }

    private static async Task Publish(GatewayNodes nodes, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                await nodes.Publish(1, "busy", "something");
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
