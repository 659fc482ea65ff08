using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public sealed class NumberClientTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(Eventually.Deadline);

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public async Task Enumerate_HostAndPortAlone_GivesNumbersOverReconnects()
    {
        using var server = LineServer.Start();
        var serving = Task.Run(async () =>
        {
            for (var i = 0; i < 2; i++)
            {
                using var peer = await server.AcceptAsync();
                await peer.SendAsync($"{i}\n{i + 10}\n");
            }
        });

        var numbers = new List<int>();
        await foreach (var n in new NumberClient("127.0.0.1", server.Port).WithCancellation(_deadline.Token))
        {
            numbers.Add(n);
            if (numbers.Count == 4)
            {
                break;
            }
        }

        Assert.Equal([0, 10, 1, 11], numbers);
        await serving;
    }

    [Fact]
    public async Task Enumerate_LinesThatAreNoInt_AreSkippedCountedAndReported()
    {
        using var server = LineServer.Start();
        var skipped = new List<string>();
        var client = new NumberClient(
            new LineSourceOptions { Port = server.Port, MaxLineBytes = 20 }, onSkipped: line => skipped.Add(line.ToString()));
        await using var numbers = client.GetAsyncEnumerator(_deadline.Token);
        var next = numbers.MoveNextAsync();
        using var peer = await server.AcceptAsync();
        await peer.SendAsync($"hello\n\n1\r\n2147483648\n-2147483649\n99999999999999999999\n{new string('1', 21)}\n 3\n-2147483648\n");

        Assert.True(await next);
        Assert.Equal(1, numbers.Current);
        Assert.True(await numbers.MoveNextAsync());
        Assert.Equal(int.MinValue, numbers.Current);
        Assert.Equal(["hello", "", "2147483648", "-2147483649", "99999999999999999999", "(oversized)", " 3"], skipped);
        Assert.Equal(7, client.Skipped);
        Assert.Equal(LineSourceStatus.Receiving, client.Source.State.Status);
    }
}
