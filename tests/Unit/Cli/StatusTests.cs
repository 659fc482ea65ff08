using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Status;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class StatusTests
{
    private static readonly Dictionary<string, string?> None = [];

    private static readonly PartStatus[] Parts =
    [
        new(new Part("node-1", None, None), PartState.Running, 4711, TimeSpan.FromSeconds(12.34), true),
        new(new Part("node-12", None, None), PartState.Dead, null, null, false),
        new(new Part("numbers", None, None), PartState.Running, 4710, TimeSpan.FromSeconds(3723), false),
    ];

    [Fact]
    public void Write_Json_HasTheShapeOfTheContract()
    {
        const string Expected = """
            {"parts":[
            {"name":"node-1","kind":"node","state":"running","pid":4711,"http":"http://127.0.0.1:8088","silo":"127.0.0.1:11111","uptime":12.3,"bridge":true,"error":null,"reload":null},
            {"name":"node-12","kind":"node","state":"dead","pid":null,"http":"http://127.0.0.1:8099","silo":"127.0.0.1:11122","uptime":null,"bridge":false,"error":null,"reload":null},
            {"name":"numbers","kind":"numbers","state":"running","pid":4710,"address":"127.0.0.1:7776","uptime":3723,"error":null,"reload":null}]}
            """;

        Assert.Equal(Expected.ReplaceLineEndings(""), StatusJson.Write(Parts));
    }

    [Fact]
    public void Write_JsonOfNothing_IsAnEmptyList() => Assert.Equal("""{"parts":[]}""", StatusJson.Write([]));

    [Fact]
    public void Lines_OfParts_AreATableWithoutWhatHasNoRoom()
    {
        const string All = """
            NAME     STATE    PID   ADDRESS                SILO             UPTIME     BRIDGE
            node-1   running  4711  http://127.0.0.1:8088  127.0.0.1:11111  12.3 s     owns it
            node-12  dead     -     http://127.0.0.1:8099  127.0.0.1:11122  -
            numbers  running  4710  127.0.0.1:7776         -                1 h 2 min

            """;
        const string Narrow = """
            NAME     STATE    PID   ADDRESS                UPTIME     BRIDGE
            node-1   running  4711  http://127.0.0.1:8088  12.3 s     owns it
            node-12  dead     -     http://127.0.0.1:8099  -
            numbers  running  4710  127.0.0.1:7776         1 h 2 min

            """;

        Assert.Equal(All, Table(int.MaxValue));
        Assert.Equal(All, Table(82));
        Assert.Equal(Narrow, Table(81));

        static string Table(int columns) => string.Concat(StatusTable.Lines(Parts, columns).Select(x => $"{x}\n"));
    }

    [Fact]
    public void Lines_OfServices_PutWhatIsTooWideBelow()
    {
        var since = DateTimeOffset.UnixEpoch;
        ServiceReport Service(string name, string? detail, params ServiceReport[] children) => new(name, ServiceState.Running, since, 5, null, detail, children);
        var node = Service("node", null, Service("bridges", "one two three four five", Service("numbers", "six")), Service("hub", "seven eight nine ten eleven"));
        const string Expected = """
              node         running   1.0 s         started in 5 ms
              ├ bridges    running   1.0 s         started in 5 ms
              │ │          one two three four five
              │ └ numbers  running   1.0 s         started in 5 ms      six
              └ hub        running   1.0 s         started in 5 ms
                           seven eight nine ten eleven
            """;

        Assert.Equal(Expected, string.Join('\n', ServiceTreeText.Lines(node, since.AddSeconds(1), 70).Select(x => x.Text)));
    }

    [Theory]
    [InlineData(0.04, "0.0 s")]
    [InlineData(59.9, "59.9 s")]
    [InlineData(60, "1 min 0 s")]
    [InlineData(3600, "1 h 0 min")]
    [InlineData(90000, "1 d 1 h")]
    public void InWords_OfATime_HasTwoUnits(double seconds, string expected) => Assert.Equal(expected, StatusTable.InWords(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(true, false, 100, "running")]
    [InlineData(false, false, 5, "starting")]
    [InlineData(null, false, 5, "starting")]
    [InlineData(false, false, 31, "unresponsive")]
    [InlineData(null, false, 31, "unresponsive")]
    [InlineData(false, true, 100, "stopping")]
    [InlineData(true, true, 100, "stopping")]
    public void Judge_OfAProcessThatRuns_TellsItsState(bool? works, bool stopping, double uptime, string expected)
    {
        var file = new PidFileReading(PidFileState.Alive, ProcessIdentity.Current, stopping);
        var state = StatusReader.Judge(file, works, TimeSpan.FromSeconds(uptime));

        Assert.Equal(expected, new PartStatus(Parts[0].Part, state, 1, TimeSpan.Zero, false).StateWord);
    }

    [Fact]
    public async Task Read_ANodeThatDidNotAnswerInTime_AsksItOnceMore()
    {
        const string Cluster = """{"nodes":[{"name":"node-1","status":"active","bridge":true}]}""";
        using var state = new TemporaryState();
        using var node = LineServer.Start();
        await File.WriteAllTextAsync(Path.Combine(state.Path, "node-1.pid"), string.Create(CultureInfo.InvariantCulture, $"{ProcessIdentity.Current.Pid}\n{ProcessIdentity.Current.StartTime}\n"));
        var part = Gateway.Open(new Dictionary<string, string?> { ["Gateway:State"] = state.Path, ["Gateway:Http"] = $"{node.Port}" }, Intent.Use).Part("node-1");

        var status = new StatusReader(state.Path) { LongerAnswerTime = Eventually.Deadline }.ReadAsync([part]);
        using var readiness = await node.AcceptAsync();
        using var cluster = await node.AcceptAsync();
        for (var i = 0; i < 2; i++)
        {
            using var again = await node.AcceptAsync();
            await again.ReadAsync();
            await again.SendAsync($"HTTP/1.0 200 OK\r\n\r\n{Cluster}");
        }

        var read = Assert.Single(await status);
        Assert.Equal((PartState.Running, true), (read.State, read.Bridge));
    }

    [Fact]
    public void Parse_WhatANodeSays_FindsTheOwnerOfTheBridge()
    {
        const string Json = """
            {"nodes":[{"name":"node-1","address":"127.0.0.1:11111","http":null,"status":"dead","since":null,"bridge":false,"error":null,"reload":null},
            {"name":"node-2","address":"127.0.0.1:11112","http":"http://127.0.0.1:8089","status":"active","since":"2026-01-01T00:00:00.000Z","bridge":true}]}
            """;

        var report = ClusterReport.Parse(Encoding.UTF8.GetBytes(Json))!;

        Assert.Equal("node-2", report.Bridge);
        Assert.Equal("dead", report.Nodes["node-1"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"nodes":[{"name":1}]}""")]
    public void Parse_OfSomethingElse_IsNull(string text) => Assert.Null(ClusterReport.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\nbody", 200, "body")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n\r\n", 503, "")]
    public void Answer_OfAServer_HasStatusAndBody(string text, int status, string body)
    {
        var answer = NodeProbe.Answer.Parse(Encoding.UTF8.GetBytes(text))!;

        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(body, Encoding.UTF8.GetString(answer.Body.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.\r\n\r\n")]
    public void Answer_OfSomethingElse_IsNull(string text) => Assert.Null(NodeProbe.Answer.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Write_Json_IsJson() => Assert.Equal(3, JsonDocument.Parse(StatusJson.Write(Parts)).RootElement.GetProperty("parts").GetArrayLength());
}
