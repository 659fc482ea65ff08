// A program outside of the cluster that publishes, subscribes and reads the cluster's state, over Grains.Interfaces alone:
//   dotnet run --project samples/OutsideClient -- [HOST:PORT of any node's Orleans gateway, 127.0.0.1:30000] …
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansGateway;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;

IPEndPoint[] gateways = args.Length > 0 ? [.. args.Select(IPEndPoint.Parse)] : [new(IPAddress.Loopback, 30000)];
var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client => client
    .UseStaticClustering(gateways)
    .AddChannelStreams()
    .Configure<ClusterOptions>(x => (x.ClusterId, x.ServiceId) = ("gateway", "gateway")));
using var host = builder.Build();
await host.StartAsync();
var cluster = host.Services.GetRequiredService<IClusterClient>();

foreach (var node in await cluster.GetGrain<IClusterGrain>(0).GetNodes())
{
    Console.WriteLine($"{node.Name} {node.Status} {node.Http}{(node.Bridge ? " owns the bridge" : string.Empty)}");
}

// Follows the channel wherever it moves; sees each message once, in order.
var printer = new Printer();
await using var follower = new ChannelFollower(cluster, "hello", printer);
Console.WriteLine($"subscribed to hello after {await follower.StartAsync()}");

var draft = new MessageDraft("text/plain; charset=utf-8", Encoding.UTF8.GetBytes("Hello from outside"));
var result = await cluster.GetGrain<IChannelGrain>("hello").Publish(new PublishRequest([draft]));
Console.WriteLine($"published {result.Epoch}-{result.FirstOffset}");
await printer.Seen.WaitAsync(TimeSpan.FromSeconds(10));
await host.StopAsync();

internal sealed class Printer : IChannelSink
{
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Seen => _seen.Task;

    public ValueTask OnMessages(MessageBatch batch, long after)
    {
        foreach (var message in batch)
        {
            if (message.Offset > after)
            {
                Console.WriteLine($"received {batch.Epoch}-{message.Offset}: {Encoding.UTF8.GetString(message.Body.Span)}");
            }
        }

        _seen.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public ValueTask OnEpoch(MessageId before, bool deleted) => ValueTask.CompletedTask;

    public ValueTask OnGap(MessageId after, MessageId resumed) => ValueTask.CompletedTask;
}
