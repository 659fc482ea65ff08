using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Publishing on one node, reading on others, over all transports and with other people's clients.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class HubTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private const int Messages = 8000;
    private const int Publishers = 8;

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Publish_ManyPublishersOverAllNodes_EachSubscriberGetsAllOnceInOneOrder()
    {
        var channel = SharedNodes.FreshChannel();
        var readers = new List<Reader>();
        foreach (var transport in new[] { "raw", "sse", "ws" })
        {
            for (var i = 0; i < 10; i++)
            {
                readers.Add(await Reader.Open(shared.Nodes.Address((i % 3) + 1), channel, transport));
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(Publish));
        foreach (var reader in readers)
        {
            await Until.True(() => reader.Count >= Messages, $"{reader.Name} has all, not {reader.Count}", 30);
            await reader.DisposeAsync();
        }

        var order = readers[0].Messages.ConvertAll(x => x.Text);
        Assert.Equal(Messages, order.Distinct().Count());
        Assert.All(readers, x => Assert.Equal(order, x.Messages.ConvertAll(y => y.Text)));
        foreach (var publisher in order.GroupBy(x => x.Split(' ')[0]))
        {
            Assert.Equal(publisher.OrderBy(x => int.Parse(x.Split(' ')[1], CultureInfo.InvariantCulture)), publisher);
        }

        async Task Publish(int publisher)
        {
            using var http = new HttpClient();
            for (var i = 0; i < Messages / Publishers; i++)
            {
                using var answer = await http.PostAsync(new Uri(shared.Nodes.Address((publisher % 3) + 1), channel), new StringContent($"{publisher} {i}"));
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Announce_ThreeNodes_TakeTurnsByNameAndTheOwnerHasAStar()
    {
        var owner = await shared.Nodes.Owner(1, 2, 3);
        await using var reader = await Reader.Open(shared.Nodes.Address(1), "announce", "raw");
        await reader.WaitForMore("turns", 10, 30);
        var said = reader.Messages;
        AnnouncedTurns.Check(said.Select(x => Name(x.Text)), "node-1", "node-2", "node-3");
        Assert.All(said, x => Assert.Equal(Name(x.Text) == $"node-{owner}", x.Text.EndsWith(" *", StringComparison.Ordinal)));

        // One a second, of which a machine that has more to do lets some wait.
        Assert.InRange(Stopwatch.GetElapsedTime(said[0].At, said[^1].At).TotalSeconds / (said.Count - 1), 0.7, 1.5);

        static string Name(string text) => text.Split(' ')[0];
    }

    [Fact]
    public async Task Curl_PublishesAndSubscribes_GetsBytesAndKeepAlives()
    {
        var channel = SharedNodes.FreshChannel();
        using var subscriber = Start("-sN", $"{shared.Nodes.Address(3)}{channel}");
        Assert.Equal((int)'\n', subscriber.StandardOutput.Read());
        Assert.Equal("OK\n", await Run("-s", "-d", "by curl", $"{shared.Nodes.Address(1)}{channel}"));
        Assert.Equal("by curl", await Line(subscriber));
        var sent = Stopwatch.GetTimestamp();
        Assert.Equal("OK\n", await Run("-s", "-T", Path.Combine(NodeProcess.Root, "global.json"), $"{shared.Nodes.Address(2)}{channel}"));
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(NodeProcess.Root, "global.json")))
        {
            Assert.Equal(line, await Line(subscriber));
        }

        // What the file's last newline leaves, and then a keep-alive after five seconds of silence. The silence begins between the two moments.
        Assert.Equal(string.Empty, await Line(subscriber));
        var read = Stopwatch.GetTimestamp();
        Assert.Equal(string.Empty, await Line(subscriber));
        Assert.InRange(Stopwatch.GetElapsedTime(sent).TotalSeconds, 4.5, double.MaxValue);
        Assert.InRange(Stopwatch.GetElapsedTime(read).TotalSeconds, 0, 9);
        subscriber.Kill();

        static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("curl", arguments) { RedirectStandardOutput = true })!;

        static async Task<string> Run(params string[] arguments)
        {
            using var curl = Start(arguments);
            return await curl.StandardOutput.ReadToEndAsync();
        }

        static Task<string?> Line(Process curl) => curl.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task OutsideClient_Sample_PublishesSubscribesAndReadsTheCluster()
    {
        var program = Path.Combine(NodeProcess.Root, "samples/OutsideClient/bin", NodeProcess.Configuration, "net10.0/OrleansGateway.Samples.OutsideClient.dll");
        using var sample = Process.Start(new ProcessStartInfo("dotnet", [program, shared.Nodes.OrleansGateway]) { RedirectStandardOutput = true })!;
        var said = await sample.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await sample.WaitForExitAsync();
        Assert.Equal(0, sample.ExitCode);
        Assert.Contains("node-3 Active", said, StringComparison.Ordinal);
        Assert.Contains("Hello from outside", said, StringComparison.Ordinal);
    }
}
