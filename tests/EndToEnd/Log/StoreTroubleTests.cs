using System.Net;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Log;

/// <summary>A store that is not as the node left it: it says what is, and serves what it can.</summary>
public sealed class StoreTroubleTests : IAsyncLifetime, IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("gateway-store-").FullName;
    private readonly CountingServer _numbers = new(20);
    private readonly HttpClient _http = new();
    private readonly GatewayNodes _nodes;

    public StoreTroubleTests(ITestOutputHelper output) => _nodes = new GatewayNodes(_numbers.Address, output, state: _state);

    private string File => Path.Combine(_state, "channels", "log-1.db");

    private string Lock => Path.ChangeExtension(File, "lock");

    public async Task InitializeAsync()
    {
        await _nodes.Start(1);
        Assert.EndsWith("-1", await Publish("before"), StringComparison.Ordinal);
        Assert.Equal(0, await _nodes[1].Stop());
    }

    public async Task DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await _numbers.DisposeAsync();
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Start_StoreOfANewerVersion_EndsWithOneLineThatSaysWhatToDo()
    {
        // SQLite's header has the version of the schema at byte 60 (https://sqlite.org/fileformat2.html#user_version).
        await using (var file = new FileStream(File, FileMode.Open))
        {
            file.Position = 60;
            file.Write([0, 0, 0, 9]);
        }

        _nodes.Launch(1);

        Assert.Equal(1, await _nodes[1].Exit());
        Assert.Contains(
            $"error: node-1 can't run: store: The store's file {File} is of version 9, and this program knows version 2. Use the newer program, or another --state:",
            _nodes[1].Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DamagedFile_IsKeptAsideAndTheEpochsChange()
    {
        var before = await Newest();
        await System.IO.File.WriteAllBytesAsync(File, new byte[5000]);

        await _nodes.Start(1);

        Assert.Contains($"The store's file {File} is damaged. It is kept as", _nodes[1].Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(File)!, "log-1.db.damaged-*"), x => new FileInfo(x).Length == 5000);
        var after = await Publish("after");
        Assert.EndsWith("-1", after, StringComparison.Ordinal);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task Start_MachineStoppedMeanwhile_MessagesAreKeptUnderANewEpoch()
    {
        // As another start of the machine left them.
        const string boot = "11111111-1111-1111-1111-111111111111";
        var before = await Newest();
        await System.IO.File.WriteAllTextAsync(Lock, boot);
        var identity = Path.Combine(_state, "channels", "store-1");
        await System.IO.File.WriteAllLinesAsync(identity, [(await System.IO.File.ReadAllLinesAsync(identity))[0], boot]);

        await _nodes.Start(1);

        Assert.Contains("the machine stopped while log-1.db was in use", _nodes[1].Output, StringComparison.Ordinal);
        using var poll = await _http.GetAsync(new Uri(_nodes.Address(1), $"c?poll=1&since={before}"));
        var lines = (await poll.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"event\":\"gap\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"data\":\"before\"", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("-2", await Publish("after"), StringComparison.Ordinal);
    }

    /// <summary>The id of what was published at first, asked of a node that runs for a moment.</summary>
    private async Task<string> Newest()
    {
        await _nodes.Start(1);
        using var poll = await _http.GetAsync(new Uri(_nodes.Address(1), "c?poll=1"));
        Assert.Equal(0, await _nodes[1].Stop());
        return poll.Headers.GetValues("Last-Event-ID").Single();
    }

    private async Task<string> Publish(string text)
    {
        using var body = new StringContent(text);
        using var answer = await _http.PostAsync(new Uri(_nodes.Address(1), "c"), body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("Message-Id").Single();
    }
}
