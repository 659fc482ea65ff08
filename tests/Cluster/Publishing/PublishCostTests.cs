using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Storage;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Publishing;

/// <summary>
/// What a publish costs inside of a node, counted in bytes and in work items of the thread pool, which are the same on any machine. The limits
/// are some half above what it takes in hops and twice in bytes: a message between grains is beyond them.
/// </summary>
public sealed class PublishCostTests : IAsyncLifetime
{
    private const int Channels = 50;
    private const int Publishes = 4000;

    private readonly string _directory = Directory.CreateTempSubdirectory("cost-").FullName;
    private readonly List<(ChannelFollower Follower, RecordingSink Sink)> _followers = [];
    private IHost _host = null!;

    private Publisher Publisher => _host.Services.GetRequiredService<Publisher>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var (follower, _) in _followers)
        {
            await follower.DisposeAsync();
        }

        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(false, false, 1800, 1.5)]
    [InlineData(false, true, 2300, 2.5)]
    [InlineData(true, false, 2000, 1.5)]
    [InlineData(true, true, 2500, 2.5)]
    public async Task Publish_OneAfterTheOther_TakesFewBytesAndWorkItems(bool isLogged, bool isFollowed, long mostBytes, double mostItems)
    {
        await Start(isLogged, isFollowed);
        var (bytes, items) = await Cost(atOnce: 1);
        Assert.True(bytes <= mostBytes && items <= mostItems, $"{bytes} bytes and {items} work items a publish");
    }

    [Theory]
    [InlineData(false, 1200, 0.5)]
    [InlineData(true, 1200, 0.5)]
    public async Task Publish_ManyAtOnceToOneChannel_TakesLessForEach(bool isLogged, long mostBytes, double mostItems)
    {
        await Start(isLogged, isFollowed: false);
        var (bytes, items) = await Cost(atOnce: 16);
        Assert.True(bytes <= mostBytes && items <= mostItems, $"{bytes} bytes and {items} work items a publish");
    }

    private async Task Start(bool isLogged, bool isFollowed)
    {
        var port = Ports.Free(2);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        if (isLogged)
        {
            builder.Services.AddLocalChannelLog(_directory);
        }

        builder.Services.AddOptions<FrontendOptions>();
        builder.Services.AddSingleton<Publisher>();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(port, port + 1, new IPEndPoint(IPAddress.Loopback, port))
            .AddGatewayGrains());
        _host = builder.Build();
        await _host.StartAsync();
        var services = _host.Services;
        var client = services.GetRequiredService<IClusterClient>();
        for (var i = 0; i < Channels; i++)
        {
            if (isFollowed)
            {
                var sink = new RecordingSink();
                var follower = new ChannelFollower(client, $"c/{i}", sink);
                _followers.Add((follower, sink));
                await follower.StartAsync();
            }

            // The first finds the channel's place.
            await Publish($"c/{i}");
        }
    }

    /// <summary>Publishes from a thread of its own, as a loop over sockets does: it is woken by the answers, and no work item of the pool.</summary>
    private async Task<(long Bytes, double Items)> Cost(int atOnce)
    {
        // Once, so that all is compiled and has its size.
        await Round(atOnce);
        var (bytes, items) = (GC.GetTotalAllocatedBytes(precise: true), ThreadPool.CompletedWorkItemCount);
        await Round(atOnce);
        return ((GC.GetTotalAllocatedBytes(precise: true) - bytes) / Publishes, (ThreadPool.CompletedWorkItemCount - items) / (double)Publishes);
    }

    private Task Round(int atOnce)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var publisher = Publisher;
        var thread = new Thread(() =>
        {
            using var answers = new Answers();
            var body = "a message of some bytes"u8.ToArray();
            for (var i = 0; i < Publishes; i += atOnce)
            {
                var channel = atOnce == 1 ? $"c/{i % Channels}" : "c/0";
                for (var j = 0; j < atOnce; j++)
                {
                    publisher.Publish(channel, new Publication(new MessageDraft(null, body)), answers);
                }

                answers.WaitFor(atOnce);
            }

            ended.SetResult();
        });
        thread.Start();
        return ended.Task.WaitAsync(Eventually.Deadline);
    }

    private async Task Publish(string channel)
    {
        var (_, problem) = await Publisher.Publish(channel, new Publication(new MessageDraft(null, "first"u8.ToArray())));
        Assert.Null(problem);
    }

    private sealed class Answers : IPublishWaiter, IDisposable
    {
        private readonly SemaphoreSlim _answered = new(0);

        public void Answered(in PublishResult result, Problem? problem) => _answered.Release();

        public void WaitFor(int count)
        {
            for (; count > 0; count--)
            {
                _answered.Wait();
            }
        }

        public void Dispose() => _answered.Dispose();
    }
}
