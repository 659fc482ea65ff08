using System.Diagnostics;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>The command as a newcomer uses it.</summary>
public sealed class GatewayCommandTests(ITestOutputHelper output)
{
    [Fact]
    public async Task StartStatusKillStartStop_ThreeNodes_SayAndDoWhatTheyShould()
    {
        var state = Directory.CreateTempSubdirectory("gateway-cli-").FullName;
        var ports = GatewayNodes.FreePorts();
        try
        {
            var (started, said) = await Gateway(
                "start", "--state", state, "--http", $"{ports}", "--silo", $"{ports + 10}", "--orleans-gateway", $"{ports + 20}", "--numbers", $"127.0.0.1:{ports + 5}");
            Assert.True(started == 0, said);
            await using (var reader = await Reader.Open(new Uri($"http://127.0.0.1:{ports + 2}"), "numbers", "raw"))
            {
                await reader.WaitForMore("numbers from the number server");
                Assert.All(reader.Messages, x => Assert.InRange(int.Parse(x.Text), 0, 10));
            }

            Assert.Equal((0, 4), await Running(state));
            var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(state, "node-2.pid")))[0]);
            using (var kill = Process.Start("kill", ["-KILL", $"{pid}"]))
            {
                await kill.WaitForExitAsync();
            }

            await Until.True(async () => await Running(state) == (3, 3), "status says that one is dead");
            Assert.Equal(0, (await Gateway("start", "node", "2", "--state", state)).Code);
            Assert.Equal((0, 4), await Running(state));
            Assert.Equal(0, (await Gateway("stop", "--state", state)).Code);
            Assert.Equal((3, 0), await Running(state));
        }
        finally
        {
            await Gateway("stop", "--force", "--state", state);
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task Up_NodesAreKilled_SaysWhatHappensAndStopsAllOnInterrupt()
    {
        var state = Directory.CreateTempSubdirectory("gateway-up-").FullName;
        var ports = GatewayNodes.FreePorts();
        var lines = new List<string>();
        using var up = Start(
            "up", "--state", state, "--http", $"{ports}", "--silo", $"{ports + 10}", "--orleans-gateway", $"{ports + 20}", "--numbers", $"127.0.0.1:{ports + 5}");
        up.OutputDataReceived += (_, line) =>
        {
            lock (lines)
            {
                lines.Add(line.Data ?? string.Empty);
            }
        };
        up.BeginOutputReadLine();
        try
        {
            await Until.True(() => Said("curl -N"), "it says where the nodes are", 60);
            await Until.True(async () => await Running(state) == (0, 4), "all run");
            var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(state, "node-2.pid")))[0]);
            await Signal(pid, "KILL");
            await Until.True(() => Said("start node 2"), "it says how to bring node 2 back");
            Assert.Equal(0, (await Gateway("start", "node", "2", "--state", state)).Code);
            await Signal(up.Id, "INT");
            await up.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
            Assert.Equal(0, up.ExitCode);
            Assert.Equal((3, 0), await Running(state));
        }
        finally
        {
            await Gateway("stop", "--force", "--state", state);
            output.WriteLine(string.Join('\n', lines));
            Directory.Delete(state, recursive: true);
        }

        bool Said(string words)
        {
            lock (lines)
            {
                return lines.Exists(x => x.Contains(words, StringComparison.Ordinal));
            }
        }
    }

    private static async Task Signal(int pid, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync();
    }

    private static async Task<(int Code, int Running)> Running(string state)
    {
        var (code, json) = await Gateway("status", "--json", "--state", state);
        using var body = JsonDocument.Parse(json);
        return (code, body.RootElement.GetProperty("parts").EnumerateArray().Count(x => x.GetProperty("state").GetString() == "running"));
    }

    private static async Task<(int Code, string Output)> Gateway(params string[] arguments)
    {
        using var gateway = Start(arguments);
        var said = await gateway.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(120));
        await gateway.WaitForExitAsync();
        return (gateway.ExitCode, said);
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(NodeProcess.Root, "gateway"), arguments) { RedirectStandardOutput = true })!;
}
