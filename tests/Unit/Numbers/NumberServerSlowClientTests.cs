using System.Net.Sockets;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Tests.Unit.Numbers;

/// <summary>What becomes of a client that does not read, on a clock that goes when the test lets it.</summary>
public class NumberServerSlowClientTests
{
    private const int LinesASecond = 10_000;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // What a connection waits for that has sent all that is due: the shortest wait of its alarm.
    private static readonly TimeSpan NextLines = TimeSpan.FromMilliseconds(2);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Send_ClientThatPauses_IsNotOwedWhatItMissed()
    {
        await using var fixture = await NumberServerFixture.StartAsync("600000", _time);
        await using var client = await fixture.ConnectAsync(receiveBuffer: 1_024);
        await Eventually.TrueAsync(() => _time.IsAwaited(NextLines), "the first line");
        var seconds = await FillAsync(clients: 1, () => Task.CompletedTask);

        // 90,000 lines come due that it does not get; it gets those from before.
        _time.Advance(9 * Second);
        await TakeAvailableAsync(client.Socket, (seconds * LinesASecond) + 1);

        // From here on it goes at the rate again.
        _time.Advance(Second / 10);
        await TakeAvailableAsync(client.Socket, LinesASecond / 10);
        Assert.Equal(1, fixture.Server.Connections);
    }

    [Fact]
    public async Task Send_ClientThatDoesNotRead_IsLetGoAfterHalfAMinuteAndHurtsNobody()
    {
        await using var fixture = await NumberServerFixture.StartAsync("600000", _time);
        await using var keen = await fixture.ConnectAsync();
        await keen.TakeAsync(1);
        await using var lazy = await fixture.ConnectAsync(receiveBuffer: 1_024);
        await Eventually.TrueAsync(() => fixture.Server.Connections == 2 && _time.CountAwaiting(NextLines) == 2, "both clients");

        // The keen client gets every line of each second while the lazy one fills its socket.
        await FillAsync(clients: 2, () => keen.TakeAsync(LinesASecond));
        await Eventually.TrueAsync(() => _time.IsAwaited(NextLines), "the keen client's next lines");
        _time.Advance(NumberServer.SendTimeout - TimeSpan.FromTicks(1));
        await keen.TakeAsync(LinesASecond);
        Assert.Equal(2, fixture.Server.Connections);

        _time.Advance(TimeSpan.FromTicks(1));
        await Eventually.TrueAsync(() => fixture.Server.Connections == 1, "the end of the lazy client");
        Assert.Contains(fixture.Log, message => message.EndsWith("took nothing for 30 s", StringComparison.Ordinal));
        await lazy.EndAsync();
        await keen.TakeAsync(LinesASecond);
    }

    // Lets seconds go by until a connection waits for room in its socket; returns how many.
    private async Task<int> FillAsync(int clients, Func<Task> eachSecond)
    {
        for (var seconds = 1; ; seconds++)
        {
            _time.Advance(Second);
            await eachSecond();
            var full = false;
            await Eventually.TrueAsync(
                () => (full = _time.IsAwaited(NumberServer.SendTimeout)) || _time.CountAwaiting(NextLines) == clients, "lines sent or a full socket");
            if (full)
            {
                return seconds;
            }

            Assert.True(seconds < 1_000, "the socket takes everything");
        }
    }

    // Reads all that was sent, until its connection waits for the next lines to come due.
    private async Task TakeAvailableAsync(Socket socket, int expected)
    {
        var buffer = new byte[64 * 1024];
        var lines = 0;
        await Eventually.TrueAsync(
            () =>
            {
                var done = _time.IsAwaited(NextLines);
                while (socket.Available > 0)
                {
                    lines += buffer.AsSpan(0, socket.Receive(buffer)).Count((byte)'\n');
                }

                return done && lines >= expected;
            },
            $"{expected} lines");
        Assert.Equal(expected, lines);
    }
}
