using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class PartProcessTests : IDisposable
{
    private readonly TemporaryState _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task Run_ABody_HasItsNameAndPidFileMeanwhile()
    {
        var during = default(PidFileReading);
        string? name = null;

        var exitCode = await RunAsync(part =>
        {
            (name, during) = (part.Name, PidFile.Read(_state.Path, part.Name));
            return Task.CompletedTask;
        });

        Assert.Equal(ExitCode.Success, exitCode);
        Assert.Equal("numbers", name);
        Assert.Equal(PidFileState.Alive, during.State);
        Assert.Equal(PidFileState.Missing, PidFile.Read(_state.Path, "numbers").State);
    }

    [Fact]
    public async Task Run_ABodyThatThrows_IsAFailureWithoutPidFile()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync(_ => throw new InvalidOperationException("no luck")));
        Assert.Equal(PidFileState.Missing, PidFile.Read(_state.Path, "numbers").State);
    }

    [Fact]
    public async Task Run_ABodyThatRefusesSettings_IsABadSetting() =>
        Assert.Equal(ExitCode.BadSetting, await RunAsync(_ => throw new OptionsValidationException("", typeof(object), ["bad"])));

    [Fact]
    public async Task Run_WithABadFlag_DoesNotGetToTheBody()
    {
        var ran = false;

        var exitCode = await PartProcess.RunAsync(Parts.Numbers, ["--state", _state.Path, "--rate", "many"], _ =>
        {
            ran = true;
            return Task.CompletedTask;
        });

        Assert.Equal(ExitCode.BadSetting, exitCode);
        Assert.False(ran);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_state.Path));
    }

    [Fact]
    public async Task Run_WhileAnotherIsThePart_IsAFailure()
    {
        using var other = await PidFile.TakeAsync(_state.Path, "numbers");

        Assert.Equal(ExitCode.Failure, await RunAsync(_ => Task.CompletedTask));
    }

    [Fact]
    public async Task AddTo_AHost_GivesItTheFlagsAndMarksTheStop()
    {
        string? rate = null;
        var stopping = false;

        await RunAsync(
            async part =>
            {
                var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
                part.AddTo(builder);
                using var host = builder.Build();
                rate = host.Services.GetRequiredService<IConfiguration>()["NumberServer:RatePerMinute"];
                await host.StartAsync();
                host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                stopping = PidFile.Read(_state.Path, part.Name).Stopping;
                await host.StopAsync();
            },
            "--rate",
            "7");

        Assert.Equal("7", rate);
        Assert.True(stopping);
    }

    [Fact]
    public async Task Run_ANode_IsNamedByItsNumber()
    {
        string? name = null;

        await PartProcess.RunAsync(
            Parts.Node,
            ["--state", _state.Path, "--node", "3", "--http", Free(0), "--silo", Free(100), "--orleans-gateway", Free(200)],
            part =>
            {
                name = part.Name;
                return Task.CompletedTask;
            });

        Assert.Equal("node-3", name);

        static string Free(int offset) => (22000 + offset + (Environment.ProcessId % 50)).ToString(CultureInfo.InvariantCulture);
    }

    private Task<int> RunAsync(Func<PartProcess, Task> body, params string[] flags) =>
        PartProcess.RunAsync(Parts.Numbers, ["--state", _state.Path, "--numbers", "127.0.0.1:0", .. flags], body);
}
