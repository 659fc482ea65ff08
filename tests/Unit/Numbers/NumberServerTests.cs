using System.Net.Sockets;
using OrleansGateway.Numbers;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Tests.Unit.Numbers;

public class NumberServerTests
{
    [Fact]
    public async Task Connect_HighRate_GivesZeroToTenEvenly()
    {
        await using var fixture = await NumberServerFixture.StartAsync("600000");
        await using var one = await fixture.ConnectAsync();
        await using var two = await fixture.ConnectAsync();
        await using var three = await fixture.ConnectAsync();
        await using var four = await fixture.ConnectAsync();
        var numbers = await Task.WhenAll(one.TakeAsync(2_750), two.TakeAsync(2_750), three.TakeAsync(2_750), four.TakeAsync(2_750));

        var counts = numbers.SelectMany(list => list).CountBy(n => n).OrderBy(count => count.Key).ToList();
        Assert.Equal(Enumerable.Range(0, 11), counts.Select(count => count.Key));

        // Chi-squared of 10 degrees of freedom: above 70 once in 20 billion times.
        var chiSquared = counts.Sum(count => Math.Pow(count.Value - 1_000, 2) / 1_000);
        Assert.True(chiSquared < 70, $"chi-squared is {chiSquared}: {string.Join(", ", counts)}");
    }

    [Fact]
    public async Task Connect_TwoClients_GetTheirOwnNumbers()
    {
        await using var fixture = await NumberServerFixture.StartAsync("60000");
        await using var one = await fixture.ConnectAsync();
        await using var other = await fixture.ConnectAsync();
        var numbers = await Task.WhenAll(one.TakeAsync(100), other.TakeAsync(100));
        Assert.NotEqual(numbers[0], numbers[1]);
    }

    [Fact]
    public async Task Connect_SlowestRate_GetsItsFirstLineAtOnce()
    {
        await using var fixture = await NumberServerFixture.StartAsync("0.000001");
        await using var client = await fixture.ConnectAsync();
        Assert.Single(await client.TakeAsync(1));
    }

    [Fact]
    public async Task Connect_NumberClient_GetsNumbers()
    {
        await using var fixture = await NumberServerFixture.StartAsync("6000");
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var taken = 0;
        await foreach (var number in new NumberClient("127.0.0.1", fixture.Server.EndPoint.Port).WithCancellation(deadline.Token))
        {
            Assert.InRange(number, 0, 10);
            if (++taken == 20)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Reload_RateRaised_ReachesOpenConnectionsAtOnceAndDropsNone()
    {
        await using var fixture = await NumberServerFixture.StartAsync("1");
        await using var one = await fixture.ConnectAsync();
        await using var two = await fixture.ConnectAsync();
        await using var three = await fixture.ConnectAsync();
        await Task.WhenAll(one.TakeAsync(1), two.TakeAsync(1), three.TakeAsync(1));

        fixture.Reload("6000");
        await Task.WhenAll(one.TakeAsync(50), two.TakeAsync(50), three.TakeAsync(50));
        Assert.Equal(3, fixture.Server.Connections);
        Assert.Contains("The rate is now 6000 lines a minute", fixture.Log);

        fixture.Reload("600000");
        await Task.WhenAll(one.TakeAsync(500), two.TakeAsync(500), three.TakeAsync(500));
        Assert.Equal(3, fixture.Server.Connections);
    }

    [Fact]
    public async Task Receive_ClientThatStopsSending_StillGetsNumbers()
    {
        await using var fixture = await NumberServerFixture.StartAsync("6000");
        await using var client = await fixture.ConnectAsync();
        await client.Socket.SendAsync("hello"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        await client.TakeAsync(20);
    }

    [Fact]
    public async Task Receive_ClientResets_IsForgottenAtOnce()
    {
        await using var fixture = await NumberServerFixture.StartAsync("1");
        await using var client = await fixture.ConnectAsync();
        await client.TakeAsync(1);
        client.Socket.Close(timeout: 0);
        await Eventually.TrueAsync(() => fixture.Server.Connections == 0, "the end of the connection");
    }

    [Fact]
    public async Task StopAsync_OpenConnections_EndsThem()
    {
        await using var fixture = await NumberServerFixture.StartAsync("1");
        await using var client = await fixture.ConnectAsync();
        await client.TakeAsync(1);
        await fixture.StopAsync().WaitAsync(Eventually.Deadline);
        await client.EndAsync();
        Assert.Equal(0, fixture.Server.Connections);
    }

    [Fact]
    public async Task EndPoint_BeforeItListens_Throws()
    {
        await using var fixture = new NumberServerFixture("1");
        Assert.Throws<InvalidOperationException>(() => fixture.Server.EndPoint);
    }

    [Fact]
    public async Task Listen_PortTaken_NamesTheAddressAndTheFlag()
    {
        using var other = LineServer.Start();
        await using var fixture = new NumberServerFixture("60", configuration =>
            configuration[GatewaySettings.Numbers.Key] = $"127.0.0.1:{other.Port}");
        var failure = Assert.Throws<ListenException>(fixture.Server.Listen);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Contains($"127.0.0.1:{other.Port}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--numbers", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Gateway:Numbers", failure.Message, StringComparison.Ordinal);
    }
}
