using System.CommandLine;
using System.Globalization;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Subscribing;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway sub</c>: prints what comes in channels, whatever becomes of the nodes.</summary>
internal static class SubCommand
{
    public static Command Create()
    {
        var command = new Command("sub", "Subscribes to channels and prints their messages, a line each; goes on with another node when one dies");
        var channels = new Argument<string[]>("channel")
        {
            Description = "Channels, and prefixes such as 'sensors/*'",
            HelpName = "CHANNEL",
            Arity = ArgumentArity.OneOrMore,
        };
        var since = new Option<string>("--since")
        {
            Description = "Where to begin: none (only what is new), all, latest, an id, 10m, or a time; default none",
            HelpName = "SINCE",
        };
        var count = new Option<string>("--count", "-n") { Description = "End after so many messages", HelpName = "COUNT" };
        var json = new Option<bool>("--json") { Description = "Print JSON objects with id, channel, time, type and data; holes too" };
        command.Add(channels);
        command.Add(since);
        command.Add(count);
        command.Add(json);
        var nodes = new NodeFlags(command);
        command.SetAction((result, _) => RunAsync(
            nodes.Read(result), ChannelPath.Of(result.GetValue(channels) ?? []), result.GetValue(since), Count(result.GetValue(count)), result.GetValue(json)));
        return command;
    }

    private static long? Count(string? text) =>
        text is null ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
        : throw new CommandFailure($"-n is '{text}'; allowed is a number of messages, 1 or more", ExitCode.BadSetting);

    private static async Task<int> RunAsync(NodeRing ring, string path, string? since, long? count, bool json)
    {
        using var request = new StopRequest();
        var unread = OutputWatch.WhenClosed();
        var printer = new MessagePrinter(json, count, StandardOutput.TryWrite, Screen.Warn);
        var subscription = new Subscription(ring, path, since, printer, Subscription.LongestSilence, Screen.Warn, TimeProvider.System);

        // It may be held up by whoever reads it: nobody waits for that at the end.
        var reading = Task.Run(() => subscription.RunAsync(request.Stop));
        await Task.WhenAny(reading, unread, Task.Delay(Timeout.Infinite, request.Stop));
        if (reading.IsFaulted)
        {
            await reading;
        }

        return ExitCode.Success;
    }
}
