using System.Globalization;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway numbers --listen</c>: prints the numbers that a server sends, a line each, until nobody reads them.</summary>
internal static class NumberListener
{
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, CancellationToken cancellation)
    {
        if (!GatewayConfiguration.TryRead(Environment.CurrentDirectory, flags, out var configuration, out var error)
            || !GatewayConfiguration.TryValidate(configuration, Parts.Numbers, out error))
        {
            throw new CommandFailure(error, ExitCode.BadSetting);
        }

        _ = HostPort.TryParse(GatewaySettings.Numbers.In(configuration), out var server);
        if (server!.Port == 0)
        {
            throw new CommandFailure(GatewaySettings.Numbers.Refusal(server.ToString(), "a client needs a port, 1 to 65535"), ExitCode.BadSetting);
        }

        await await Task.WhenAny(PrintAsync(server, cancellation), OutputWatch.WhenClosed());
        return ExitCode.Success;
    }

    private static async Task PrintAsync(HostPort server, CancellationToken cancellation)
    {
        var client = new NumberClient(new LineSourceOptions { Host = server.Host, Port = server.Port }, onChange: x => Say(server, x));
        try
        {
            await foreach (var number in client.WithCancellation(cancellation))
            {
                if (!StandardOutput.TryWrite(string.Create(CultureInfo.InvariantCulture, $"{number}\n")))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
        }
    }

    // Once an outage, not once an attempt.
    private static void Say(HostPort server, LineSourceState state)
    {
        if (state is { Status: LineSourceStatus.Disconnected, Failures: 1 })
        {
            Screen.Warn($"no numbers from {server}: {state.Reason}; trying again until there are some");
        }
    }
}
