using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

public class RelaySeamTests
{
    private const int Messages = 20_000;
    private const int Clients = 12;

    /// <summary>Clients of all paces join anywhere while messages are published, some of which the stream loses.</summary>
    [Fact]
    public async Task Subscribers_JoiningAnywhereAtAnyPace_GetEachMessageOnceInOrder()
    {
        var channel = new FakeChannel(TimeProvider.System, new RetentionOptions { Messages = Messages });
        await using var relay = new ChannelRelay("c", channel.Client(), TimeProvider.System, NullLogger<ChannelRelay>.Instance);
        await relay.Started;

        using var joined = new CountdownEvent(Clients);
        var publishing = Task.Run(async () =>
        {
            var random = new Random(1);
            for (var published = 0; published < Messages;)
            {
                if (published > Messages / 2 && !joined.IsSet)
                {
                    // Each is to see some of it live.
                    await Eventually.TrueAsync(() => joined.IsSet, "all have joined");
                }

                var batch = channel.Append(Math.Min(random.Next(1, 30), Messages - published));
                published += batch.Count;
                if (random.Next(10) > 0 || published == Messages)
                {
                    await channel.Deliver(batch);
                }
            }
        });
        var clients = Enumerable.Range(0, Clients).Select(i => Task.Run(() => Follow(relay, channel, new Random(i), joined))).ToList();
        await publishing.WaitAsync(Eventually.Deadline);
        foreach (var client in clients)
        {
            var (after, seen) = await client.WaitAsync(Eventually.Deadline);
            Assert.Equal(Batches.Ids("aaaa", after + 1, Messages), seen);
        }
    }

    private static async Task<(long After, IEnumerable<string> Seen)> Follow(ChannelRelay relay, FakeChannel channel, Random random, CountdownEvent joined)
    {
        var join = random.Next(Messages / 2);
        await Eventually.TrueAsync(() => channel.Position.Newest >= join, "so many messages are published");
        var client = new RelayClient(relay, MessageEncoder.Raw, TimeProvider.System, room: 1 << random.Next(1, 16));
        var after = new MessageId("aaaa", random.Next(join + 1));
        if (random.Next(2) == 0)
        {
            after = client.Subscriber.JoinLive();
        }
        else
        {
            client.Subscriber.JoinAfter(after);
        }

        client.Subscriber.Start();
        joined.Signal();
        var last = $"aaaa-{Messages}\n";
        while (!client.EndsWith(last))
        {
            Assert.True(await client.Take());
        }

        return (after.Offset, client.Lines);
    }
}
