using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Clients;

/// <summary>The examples in the documents do what the documents say.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class DocumentTests(SharedNodes shared) : IDisposable
{
    private static readonly string[] Documents = ["docs/http.md", "docs/recipes.md"];

    // A desktop that shows notifications.
    private const string Desktop = "notify-send() { echo \"$@\"; }";

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-document-").FullName;

    /// <summary>Document, section, and which of its examples.</summary>
    public static TheoryData<string, string, int> Examples
    {
        get
        {
            var examples = new TheoryData<string, string, int>();
            foreach (var document in Documents)
            {
                foreach (var section in Document.Read(document))
                {
                    for (var i = 0; i < section.Examples().Count(); i++)
                    {
                        examples.Add(document, section.Title, i);
                    }
                }
            }

            return examples;
        }
    }

    private GatewayNodes Nodes => shared.Nodes;

    // Other languages have tests of their own, here and in tests/Browser/RecipePageTests.cs.
    [Fact]
    public void Blocks_OfAllDocuments_AreOfLanguagesThatAreTested() => Assert.Subset(
        new HashSet<string>(["sh", "text", "html", "json", "nginx", "caddyfile"]),
        Documents.SelectMany(Document.Read).SelectMany(x => x.Blocks).Select(x => x.Language).ToHashSet());

    /// <summary>The output has the lines that the document shows, in order. Where it shows none, the commands end well.</summary>
    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Commands_OfAnExample_DoWhatTheDocumentSays(string document, string title, int index)
    {
        var (commands, printed) = Document.Read(document).Single(x => x.Title == title).Examples().ElementAt(index);
        Prepare();
        await using var script = UserProgram.Start(_directory, "bash", "-e", "-c", $"{Desktop}\n{AtNodes(commands)}\nwait");
        var expected = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(x => x != "…").ToList();
        if (expected.Count == 0)
        {
            await script.Succeed();
            return;
        }

        await Until.True(
            () => Task.FromResult(NotSeen(expected, script.Lines) is null),
            () => $"the line '{NotSeen(expected, script.Lines)}' comes; what came is\n{string.Join('\n', script.Lines)}\n{script.Errors}");
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddyfile")]
    public async Task Proxy_AsConfigured_LetsAllThrough(string language)
    {
        var config = Document.Read("docs/recipes.md").Single(x => x.Blocks.Exists(y => y.Language == language)).Text(language);
        using var ports = PortBlock.Take();
        var port = ports.First;

        // As a whole: a node's port may end with it.
        config = Regex.Replace(AtNodes(config), @"\b8080\b", $"{port}");
        var front = new Uri($"http://localhost:{port}");
        await using var proxy = language == "nginx" ? await StartNginx(config) : await StartCaddy(config);
        await Until.True(async () => await Answers(front), () => $"the proxy answers; it said {proxy.Errors}");

        // A stream, a WebSocket, and publishes through it; each message at once, not when a buffer is full.
        await Npm.Installed("Clients");
        var channel = SharedNodes.FreshChannel();
        await using var stream = new DotNetClient("HttpClient, json", (show, stop) => DotNet.Json(channel, [front], show, stop));
        await using var events = new DotNetClient("SseParser", (show, stop) => DotNet.ServerSentEvents(channel, [front], show, stop));
        await using var socket = new DotNetClient("ClientWebSocket", (show, stop) => DotNet.Socket(channel, [front], show, stop));
        var sent = new List<Message>();
        foreach (var message in Exchange.Messages)
        {
            sent.Add(message);
            await DotNet.Publish(channel, front, [message]);
            await Until.True(() => stream.Messages.Count == sent.Count && events.Messages.Count == sent.Count && socket.Messages.Count == sent.Count, "all three have it", 5);
        }

        Assert.Equal(sent, stream.Messages);
        Assert.Equal(sent, socket.Messages);
        Assert.Equal(sent, await DotNet.Poll(channel, front));
        await DotNet.PublishBySocket(channel, front, [new Message("by WebSocket")]);
        await Until.True(() => stream.Messages[^1].Text == "by WebSocket", "a publish by WebSocket comes", 5);

        // A page of this address may publish.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(front, channel)) { Content = new StringContent("from a page") };
        request.Headers.Add("Origin", $"http://localhost:{port}");
        using var answer = await shared.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>The first line that did not come in its turn; null where all did.</summary>
    private static string? NotSeen(List<string> expected, List<string> lines)
    {
        var next = 0;
        foreach (var line in lines)
        {
            if (next < expected.Count && Regex.IsMatch(line, $"^{Regex.Escape(expected[next]).Replace("…", ".+", StringComparison.Ordinal)}$"))
            {
                next++;
            }
        }

        return next < expected.Count ? expected[next] : null;
    }

    // The documents speak of the ports that are there by default.
    private string AtNodes(string text)
    {
        foreach (var node in new[] { 1, 2, 3 })
        {
            text = Regex.Replace(text, $@"(localhost|127\.0\.0\.1):{8087 + node}\b", Nodes.Address(node).Authority);
        }

        return text;
    }

    // What the reader of a recipe has: pictures and a log.
    private void Prepare()
    {
        foreach (var frame in new[] { "frames/1.jpg", "frames/2.jpg" })
        {
            Write(frame, "a picture");
        }

        Write("app.log", "started\nlistening on port 80\n");
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private async Task<UserProgram> StartNginx(string config)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "nginx.conf"),
            $$"""
            daemon off;
            master_process off;
            pid {{_directory}}/nginx.pid;
            error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path {{_directory}}/body;
                proxy_temp_path {{_directory}}/proxy;
                fastcgi_temp_path {{_directory}}/fastcgi;
                uwsgi_temp_path {{_directory}}/uwsgi;
                scgi_temp_path {{_directory}}/scgi;
                {{config}}
            }
            """);
        return UserProgram.Start(_directory, "nginx", "-p", _directory, "-e", "stderr", "-c", Path.Combine(_directory, "nginx.conf"));
    }

    private async Task<UserProgram> StartCaddy(string config)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "Caddyfile"), $"{{\n    admin off\n}}\n\n{config}");
        return UserProgram.Start(_directory, "env", $"HOME={_directory}", "caddy", "run", "--adapter", "caddyfile", "--config", Path.Combine(_directory, "Caddyfile"));
    }

    private async Task<bool> Answers(Uri front)
    {
        try
        {
            using var answer = await shared.Http.GetAsync(new Uri(front, "/-/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
