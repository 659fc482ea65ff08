using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Debian's Firefox with one page, by WebDriver BiDi: Playwright drives only a Firefox of its own.</summary>
internal sealed partial class Firefox : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _profile = Directory.CreateTempSubdirectory("gateway-firefox-").FullName;
    private readonly ClientWebSocket _socket = new();
    private readonly UserProgram _program;
    private string _page = string.Empty;
    private int _commands;

    private Firefox() =>
        _program = UserProgram.Start(_profile, "firefox-esr", "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", _profile);

    public static async Task<Firefox> Start()
    {
        var firefox = new Firefox();
        var said = Match.Empty;
        await Until.True(() => (said = Listening().Match(firefox._program.Errors)).Success, "Firefox listens", 60);
        await firefox._socket.ConnectAsync(new Uri($"{said.Groups[1].Value}/session"), CancellationToken.None);
        await firefox.Command("session.new", new JsonObject { ["capabilities"] = new JsonObject() });
        var tree = await firefox.Command("browsingContext.getTree", []);
        firefox._page = tree.GetProperty("contexts")[0].GetProperty("context").GetString()!;
        return firefox;
    }

    /// <summary>Goes to an address, and does not wait until all of it is there.</summary>
    public Task Open(Uri address) =>
        Command("browsingContext.navigate", new JsonObject { ["context"] = _page, ["url"] = $"{address}", ["wait"] = "none" });

    /// <summary>What the page has for a reader.</summary>
    public async Task<string> Text()
    {
        var value = await Command("script.evaluate", new JsonObject
        {
            ["expression"] = "document.body?.innerText ?? ''",
            ["target"] = new JsonObject { ["context"] = _page },
            ["awaitPromise"] = false,
        });

        // A document that is replaced meanwhile has nothing to say.
        return value.TryGetProperty("result", out var result) && result.TryGetProperty("value", out var text) ? text.GetString()! : string.Empty;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _program.DisposeAsync();
        Directory.Delete(_profile, recursive: true);
    }

    /// <summary>Sends a command and reads its answer; what else is told is nobody's.</summary>
    private async Task<JsonElement> Command(string method, JsonObject parameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        var id = ++_commands;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, patience.Token);
        while (true)
        {
            var answer = await Receive(patience.Token);
            if (answer.TryGetProperty("id", out var of) && of.ValueKind == JsonValueKind.Number && of.GetInt32() == id)
            {
                return answer.TryGetProperty("result", out var result) ? result : answer;
            }
        }
    }

    private async Task<JsonElement> Receive(CancellationToken stop)
    {
        var (message, buffer) = (new MemoryStream(), new byte[4096]);
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, stop);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonSerializer.Deserialize<JsonElement>(message.ToArray());
    }

    [GeneratedRegex(@"WebDriver BiDi listening on (ws://\S+)")]
    private static partial Regex Listening();
}
