using System.Text;

namespace OrleansGateway.Tests.Clients;

/// <summary>The tests that share three nodes.</summary>
[CollectionDefinition(Name)]
public sealed class UnhurtNodes : ICollectionFixture<SharedNodes>
{
    public const string Name = "shared nodes";
}

/// <summary>Every client publishes the same messages, one client after the other, to one channel that all follow at other nodes.</summary>
public sealed class Exchange(SharedNodes shared) : IAsyncLifetime
{
    internal static readonly Message[] Messages =
    [
        new("hello"),
        new("Grüße ✓ 日本語 🎉 \u0000 \u001b[31m"),
        new("one\ntwo\r\nthree\rfour\n\n{\"id\":\"x\"}"),
        Message.Binary([.. Enumerable.Range(0, 256).Select(x => (byte)x)]),
        new(string.Empty),
        new("last"),
    ];

    internal static readonly string[] Publishing =
        ["curl --data-binary", "curl -T", "python", "undici", "ws, gateway.json", "ws, plain", "HttpClient", "ClientWebSocket"];

    private readonly string _channel = SharedNodes.FreshChannel();
    private readonly List<Client> _clients = [];
    private UserProgram? _raw;

    internal IReadOnlyList<Message> Log { get; private set; } = [];

    /// <summary>What curl printed of the form raw.</summary>
    internal IReadOnlyList<string> Raw => _raw!.Lines;

    internal Client Find(string name) => _clients.Single(x => x.Name == name);

    public async Task InitializeAsync()
    {
        await Npm.Installed("Clients");
        var nodes = shared.Nodes;
        _clients.AddRange(Subscribers.StartResuming(_channel, [nodes.Address(1)], nodes.Address(2)));
        _clients.AddRange(Subscribers.StartPlain(_channel, nodes.Address(3)));
        _raw = UserProgram.Start(Path.GetTempPath(), "curl", "-sN", $"{new Uri(nodes.Address(2), _channel)}?since=all");

        var to = nodes.Address(3);
        await PublishFiles("--data-binary", to);
        await PublishFiles("-T", to);
        await Publishers.Python(_channel, to).Publish(Messages);
        await Publishers.Undici(_channel, to).Publish(Messages);
        await Publishers.Ws(_channel, to).Publish(Messages);
        await Publishers.PlainWs(_channel, to).Publish(Messages);
        await DotNet.Publish(_channel, to, Messages);
        await DotNet.PublishBySocket(_channel, to, Messages);
        var count = Publishing.Length * Messages.Length;

        // A plain WebSocket is told nothing: its last message may still be under way when it is closed.
        await Until.True(async () => (Log = await DotNet.Poll(_channel, nodes.Address(1))).Count >= count, "all is published");
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _raw!.DisposeAsync();
    }

    private async Task PublishFiles(string flag, Uri node)
    {
        var file = Path.GetTempFileName();
        foreach (var message in Messages)
        {
            await File.WriteAllBytesAsync(file, message.Bytes);
            string[] how = flag == "-T"
                ? ["-T", file]
                : ["--data-binary", $"@{file}", "-H", $"Content-Type: {(message.IsBinary ? "application/octet-stream" : "text/plain")}"];
            await using var curl = UserProgram.Start(Path.GetTempPath(), "curl", ["-sSf", .. how, $"{new Uri(node, _channel)}"]);
            await curl.Succeed();
        }

        File.Delete(file);
    }
}

/// <summary>Other people's clients, unmodified, publish and subscribe: text, any Unicode, several lines, bytes.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class ExchangeTests(Exchange exchange, SharedNodes shared) : IClassFixture<Exchange>
{
    public static TheoryData<string> PublishingNames => [.. Exchange.Publishing];

    public static TheoryData<string> SubscriberNames => [.. Subscribers.All];

    [Theory]
    [MemberData(nameof(PublishingNames))]
    public void Publish_ByClient_IsInTheLogAsItWas(string name)
    {
        var first = Array.IndexOf(Exchange.Publishing, name) * Exchange.Messages.Length;
        Assert.Equal(Exchange.Messages, exchange.Log.Skip(first).Take(Exchange.Messages.Length));
    }

    [Theory]
    [MemberData(nameof(SubscriberNames))]
    public async Task Subscribe_ByClient_GetsAllAsItWas(string name)
    {
        var client = exchange.Find(name);
        var expected = exchange.Log.Select(x => Subscribers.IsEventStream(name) && !x.IsBinary ? new Message(x.Text.ReplaceLineEndings("\n")) : x).ToList();
        await Until.True(() => Task.FromResult(client.Messages.Count >= expected.Count), () => $"{name} gets all; it got {client.Messages.Count} and said: {client.Errors}");
        Assert.Equal(expected, client.Messages);
    }

    [Fact]
    public async Task Subscribe_CurlWithoutAnything_GetsTheBytesAndANewlineEach()
    {
        // Keep-alives are empty lines too, so those do not count.
        var text = string.Concat(exchange.Log.Select(x => Encoding.UTF8.GetString(x.Bytes) + "\n"));
        using var reader = new StringReader(text);
        var expected = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            expected.Add(line);
        }

        expected.RemoveAll(x => x.Length == 0);
        await Until.True(() => exchange.Raw.Count(x => x.Length > 0) >= expected.Count, "curl prints all");
        Assert.Equal(expected, exchange.Raw.Where(x => x.Length > 0));
    }

    // Libraries that cannot set the header add to a URL that may have a since already.
    [Theory]
    [InlineData("lastEventId")]
    [InlineData("lastEventID")]
    public async Task Subscribe_IdInTheUrl_GoesOnAfterIt(string name)
    {
        var (node, channel) = (shared.Nodes.Address(1), SharedNodes.FreshChannel());
        await shared.Nodes.Publish(2, channel, "before");
        using var all = await shared.Http.GetAsync(new Uri(node, $"{channel}?poll=1"));
        var last = all.Headers.GetValues("Last-Event-ID").Single();
        await shared.Nodes.Publish(2, channel, "after");
        Assert.Equal("after\n", await shared.Http.GetStringAsync(new Uri(node, $"{channel}?poll=1&as=raw&since=all&{name}={last}")));
    }
}
