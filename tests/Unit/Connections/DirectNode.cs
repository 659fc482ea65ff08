using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Connections;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Connections;

/// <summary>The short way between sockets and channels without a node around it: what is not served there is the test's, and so are the channels.</summary>
internal sealed class DirectNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _published = [];
    private readonly EventLoop[] _loops;
    private readonly Publisher _publisher;
    private readonly RelayRegistry _registry;
    private readonly EndPoint _address;

    public DirectNode(TimeProvider? time = null, params EventLoop[] loops)
    {
        _loops = loops is [] ? [new EventLoop(1), new EventLoop(2)] : loops;
        var options = Fake.Of<IOptionsMonitor<FrontendOptions>>((method, _) => method.Name == "OnChange" ? null : new FrontendOptions());
        var lifetime = Fake.Of<IHostApplicationLifetime>((_, _) => _stopping.Token);
        var subscribed = new FakeChannel(TimeProvider.System);
        var channels = subscribed.Client();
        var client = Fake.Of<IClusterClient>((method, arguments) => method.Name == nameof(IClusterClient.GetGrain)
            ? Fake.Of<IChannelGrain>((call, x) => call.Name == nameof(IChannelGrain.Publish) ? Publish((string)arguments[0]!, (PublishRequest)x[0]!) : call.Invoke(subscribed, x))
            : method.Invoke(channels, arguments));
        _publisher = new Publisher(client, options, TimeProvider.System, NullLogger<Publisher>.Instance);
        _registry = new RelayRegistry(client, options, TimeProvider.System, lifetime, null!, NullLoggerFactory.Instance);
        _ = _registry.StartAsync(CancellationToken.None);
        var origins = new Origins(Fake.Of<IClusterView>((_, _) => Array.Empty<ClusterNode>()), options);
        var hub = new Hub(null!, _publisher, new SubscribeEndpoint(_registry, lifetime, TimeProvider.System), null!, null!, null!, origins, TimeProvider.System);
        var services = new RequestServices(hub, _publisher, options, lifetime);
        Channel = subscribed;
        Listener = new ConnectionListener(new IPEndPoint(IPAddress.Loopback, 0), _loops, services, time ?? TimeProvider.System, NullLogger.Instance);
        _address = Listener.EndPoint;
    }

    public ConnectionListener Listener { get; }

    /// <summary>What all subscriptions are to.</summary>
    public FakeChannel Channel { get; }

    /// <summary>How long a channel takes for the answer to a publish.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    public IReadOnlyList<ClientConnection> Connections => [.. _loops.SelectMany(x => x.Connections)];

    /// <summary>The bodies that were published to a channel, in their order.</summary>
    public IReadOnlyCollection<string> Published(string channel) => _published.GetOrAdd(channel, _ => []);

    public static string Post(string channel, string body, params string[] headers) =>
        $"POST /{channel} HTTP/1.1\r\nHost: a\r\n{string.Concat(headers.Select(x => x + "\r\n"))}Content-Length: {body.Length}\r\n\r\n{body}";

    public async Task<DirectClient> Connect() => await DirectClient.Connect(_address);

    /// <summary>Says that the node stops, as the host does before its listeners unbind.</summary>
    public Task Stop() => _stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Listener.UnbindAsync();
        foreach (var connection in Connections)
        {
            connection.Close();
        }

        await _registry.StopAsync(CancellationToken.None);
        _registry.Dispose();
        _publisher.Dispose();
        Array.ForEach(_loops, x => x.Dispose());
        _stopping.Dispose();
    }

    private async Task<PublishResult> Publish(string channel, PublishRequest request)
    {
        var published = (ConcurrentQueue<string>)Published(channel);
        var groups = new List<PublishResult>();
        var messages = request.Messages.AsSpan();
        foreach (var group in request.Groups ?? [new PublishGroup(request.Messages.Length)])
        {
            groups.Add(new PublishResult(PublishStatus.Accepted, "aaaa", published.Count + 1, 0));
            foreach (var message in messages[..group.Count])
            {
                published.Enqueue(Encoding.ASCII.GetString(message.Body));
            }

            messages = messages[group.Count..];
        }

        await BeforeAnswer().ConfigureAwait(false);
        return groups[0] with { Groups = request.Groups is null ? null : [.. groups] };
    }
}

/// <summary>A client of one, byte by byte.</summary>
internal sealed class DirectClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private string _rest = string.Empty;

    public Socket Socket => _socket;

    public static async Task<DirectClient> Connect(EndPoint endpoint)
    {
        var client = new DirectClient();
        await client._socket.ConnectAsync(endpoint);
        return client;
    }

    public async Task Send(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text).AsMemory();
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Reads an answer to a publish.</summary>
    /// <returns>The offset in its id.</returns>
    public async Task<int> ReadOffset()
    {
        var head = await ReadUntil("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        var length = int.Parse(Header(head, "Content-Length"), CultureInfo.InvariantCulture);
        while (_rest.Length < length)
        {
            Assert.True(await More(), "the answer was cut");
        }

        var body = _rest[..length];
        _rest = _rest[length..];
        var id = Header(head, "Message-Id");
        Assert.True(body == "OK\n" || body.Contains($"\"id\":\"{id}\"", StringComparison.Ordinal), body);
        return int.Parse(id.Split('-')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Reads up to a text, which is left off.</summary>
    public async Task<string> ReadUntil(string end)
    {
        int at;
        while ((at = _rest.IndexOf(end, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await More(), $"it ended after '{_rest}'");
        }

        var text = _rest[..at];
        _rest = _rest[(at + end.Length)..];
        return text;
    }

    /// <summary>Reads up to the connection's end.</summary>
    public async Task<string> ReadToEnd()
    {
        while (await More())
        {
        }

        return _rest;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> More()
    {
        var bytes = new byte[16 * 1024];
        using var deadline = new CancellationTokenSource(Numbers.Eventually.Deadline);
        var count = await _socket.ReceiveAsync(bytes, SocketFlags.None, deadline.Token);
        _rest += Encoding.ASCII.GetString(bytes, 0, count);
        return count > 0;
    }

    private static string Header(string head, string name) => head.Split("\r\n").Single(x => x.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
}
