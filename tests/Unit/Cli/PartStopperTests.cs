using System.Diagnostics;
using System.Globalization;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class PartStopperTests : IDisposable
{
    private readonly TemporaryState _state = new();

    private Gateway Gateway => Gateway.Open(new Dictionary<string, string?> { ["Gateway:State"] = _state.Path }, Intent.Use);

    public void Dispose() => _state.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_AProcess_WaitsUntilItIsGone(bool force)
    {
        using var process = ChildProcess.Sleeping();
        Write("node-1", process.Identity);

        var outcome = await StopAsync(force);

        Assert.False(process.Identity.IsAlive);
        Assert.Equal(process.Identity.Pid, outcome.Pid);
        Assert.NotNull(outcome.Took);
        Assert.False(outcome.Failed);
        Assert.Empty(PidFile.Parts(_state.Path));
    }

    [Fact]
    public async Task Stop_AProcessThatStopsInItsOwnTime_WaitsForIt()
    {
        using var process = ChildProcess.Shell(
            "exec 3<> <(:); trap 'echo stopping; read -r -t 0.5 -u 3; exit' TERM; echo ready; while :; do read -r -t 0.05 -u 3; done");
        Assert.Equal("ready", await process.Output.ReadLineAsync());
        Write("node-1", process.Identity);

        await StopAsync(force: false);

        Assert.Equal("stopping", await process.Output.ReadLineAsync());
        Assert.False(process.Identity.IsAlive);
    }

    [Fact]
    public async Task Stop_AFrozenProcess_StopsIt()
    {
        using var process = ChildProcess.Sleeping();
        using var freeze = Process.Start("kill", ["-STOP", process.Identity.Pid.ToString(CultureInfo.InvariantCulture)]);
        await Eventually.TrueAsync(() => process.Identity.IsFrozen, "the process is frozen");
        Write("node-1", process.Identity);

        await StopAsync(force: false);

        Assert.False(process.Identity.IsAlive);
    }

    [Fact]
    public async Task Stop_APidThatIsSomebodyElsesNow_LeavesItAlone()
    {
        using var process = ChildProcess.Sleeping();
        Write("node-1", process.Identity with { StartTime = 1 });

        var outcome = await StopAsync(force: true);

        Assert.Null(outcome.Pid);
        Assert.True(process.Identity.IsAlive);
        Assert.Empty(PidFile.Parts(_state.Path));
    }

    [Fact]
    public async Task Stop_WhatDoesNotRun_SaysSo()
    {
        var outcome = await StopAsync(force: false);

        Assert.Null(outcome.Pid);
        Assert.False(outcome.Failed);
    }

    private Task<StopOutcome> StopAsync(bool force) => new PartStopper(Gateway, TimeProvider.System).StopAsync(Gateway.Part("node-1"), force);

    private void Write(string name, ProcessIdentity process) => File.WriteAllText(
        Path.Combine(_state.Path, $"{name}.pid"), string.Create(CultureInfo.InvariantCulture, $"{process.Pid}\n{process.StartTime}\n"));
}
