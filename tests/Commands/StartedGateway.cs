using System.Net;
using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands;

/// <summary>A gateway of three nodes that was started, for the tests of a class or more. Its channels keep more than any test publishes.</summary>
public sealed class StartedGateway : IAsyncLifetime
{
    private static readonly HttpClient Http = new();

    internal TestGateway Gateway { get; } = new();

    /// <summary>A channel that nobody else uses.</summary>
    public static string FreshChannel() => $"test/{Guid.NewGuid():N}";

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Gateway.Directory, "appsettings.json"), """{ "Gateway": { "Retention": { "Messages": 1000000 } } }""");
        await Gateway.Do("start");
    }

    public async Task DisposeAsync() => await Gateway.DisposeAsync();

    /// <summary>All messages that are in a channel, as a node tells them: objects with id, time, type and data.</summary>
    internal async Task<List<JsonElement>> Messages(string channel, int node = 1)
    {
        var lines = await Http.GetStringAsync(new Uri(Gateway.Node(node), $"/{channel}?poll=1&since=all&as=json"));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonDocument.Parse(x).RootElement).Where(x => x.Text("event") == "message")];
    }

    /// <summary>Publishes a text, without the command.</summary>
    internal async Task Publish(string channel, string text)
    {
        using var answer = await Http.PostAsync(new Uri(Gateway.Node(1), $"/{channel.Replace(" ", "%20", StringComparison.Ordinal)}"), new StringContent(text));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>How many subscribers a channel has.</summary>
    internal async Task<int> Subscribers(string channel)
    {
        using var answer = await Http.GetAsync(new Uri(Gateway.Node(1), $"/-/channels/{channel}"));
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return 0;
        }

        using var body = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return body.RootElement.GetProperty("subscribers").GetInt32();
    }

    /// <summary>Runs a command line of bash in which <c>gateway</c> is the command and <c>$flags</c> are those of this gateway.</summary>
    internal UserProgram Shell(string line) => UserProgram.Start(
        Gateway.Directory, "bash", ["-c", "gateway=$0; flags=(\"$@\"); gateway() { \"$gateway\" \"$1\" \"${flags[@]}\" \"${@:2}\"; }\n" + line, Path.Combine(NodeProcess.Root, "gateway"), .. Gateway.Flags]);

    /// <summary>Whether a program is connected to a node.</summary>
    internal bool Serves(int node, UserProgram program) =>
        OpenConnections.At(Gateway.Node(node).Port, Gateway.Pid($"node-{node}")).Any(x => OpenConnections.IsFrom(x.Port, program.Pid));

    /// <summary>Kills the process of a node. Whoever does it brings it back, see <see cref="Restored"/>.</summary>
    internal Task Kill(int node) => TestGateway.Signal(Gateway.Pid($"node-{node}"), "KILL");

    /// <summary>Brings back the nodes that were killed, when the test is over.</summary>
    internal IAsyncDisposable Restored() => new Restoring(Gateway);

    private sealed class Restoring(TestGateway gateway) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await gateway.Do("start");
    }
}

internal static class JsonExtensions
{
    /// <summary>The text of a property.</summary>
    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;
}

/// <summary>The tests that share a gateway whose nodes nobody hurts.</summary>
[CollectionDefinition(Name)]
public sealed class Unhurt : ICollectionFixture<StartedGateway>
{
    public const string Name = "an unhurt gateway";
}

/// <summary>The tests that share a gateway whose nodes are killed; each brings back its own.</summary>
[CollectionDefinition(Name)]
public sealed class Hurt : ICollectionFixture<StartedGateway>
{
    public const string Name = "a gateway with killed nodes";
}
