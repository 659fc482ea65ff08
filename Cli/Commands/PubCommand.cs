using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Publishing;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway pub</c>: publishes an argument, a file, or what comes on standard input, each message once.</summary>
internal sealed class PubCommand
{
    private const double DefaultTimeout = 30;
    private const string TextType = "text/plain; charset=utf-8";

    // After Ctrl-C the answers to what is under way may still come.
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(3);

    private readonly Argument<string> _channel = new("channel") { Description = "The channel", HelpName = "CHANNEL" };

    private readonly Argument<string?> _message = new("message")
    {
        Description = "The message; without it each line of standard input is one",
        HelpName = "MESSAGE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _file = new("--file") { Description = "Publish a file as one message", HelpName = "FILE" };
    private readonly Option<bool> _whole = new("--whole") { Description = "Publish all of standard input as one message" };
    private readonly Option<string> _type = new("--type") { Description = $"Content type; default {TextType}, and for --file and --whole by the bytes", HelpName = "TYPE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON objects instead of ids" };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = $"Seconds to go on without an acknowledgement; default {DefaultTimeout}",
        HelpName = "SECONDS",
    };

    public static Command Create()
    {
        var pub = new PubCommand();
        var command = new Command("pub", "Publishes a message, or each line of standard input, and prints ids; retries with another node when one dies, and doubles nothing")
        {
            pub._channel, pub._message, pub._file, pub._whole, pub._type, pub._json, pub._timeout,
        };
        var nodes = new NodeFlags(command);
        command.SetAction((result, _) => pub.RunAsync(result, nodes.Read(result)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, NodeRing ring)
    {
        var (channel, message, file, whole) = (result.GetValue(_channel)!, result.GetValue(_message), result.GetValue(_file), result.GetValue(_whole));
        if ((message is null ? 0 : 1) + (file is null ? 0 : 1) + (whole ? 1 : 0) > 1)
        {
            throw Bad("MESSAGE, --file and --whole exclude each other");
        }

        _ = ChannelPath.Of(channel);
        var type = result.GetValue(_type);
        var typeHeader = type is null ? null
            : MediaTypeHeaderValue.TryParse(type, out var parsed) ? parsed
            : throw Bad($"--type is '{type}'; allowed is a media type, such as application/json");
        var timeout = Timeout(result.GetValue(_timeout));
        var attempts = new Attempts(ring, result.GetValue(_timeout) is null ? Attempts.FirstPatience : timeout, TimeProvider.System);
        var json = result.GetValue(_json);
        using var request = new StopRequest();
        if (message is null && file is null && !whole)
        {
            return await PublishLinesAsync(ring, channel, type, timeout, attempts, json, request);
        }

        var body = message is not null ? Encoding.UTF8.GetBytes(message)
            : file is not null ? await ReadAsync(() => File.ReadAllBytesAsync(file), file, request.Stop)
            : await ReadAsync(ReadAllAsync, "standard input", request.Stop);
        typeHeader ??= message is null ? null : MediaTypeHeaderValue.Parse(TextType);
        var publisher = new BodyPublisher(ring, channel, timeout, attempts, TimeProvider.System);
        StandardOutput.TryWrite(await publisher.PublishAsync(body, typeHeader, json, request.Stop) + "\n");
        return ExitCode.Success;
    }

    private static async Task<int> PublishLinesAsync(
        NodeRing ring, string channel, string? type, TimeSpan timeout, Attempts attempts, bool json, StopRequest request)
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(request.Kill);
        using var last = request.Stop.Register(() => kill.CancelAfter(LastAnswers));
        var report = new PublishReport(channel, json, StandardOutput.TryWrite, Screen.Warn);
        var input = new LineInput(Console.OpenStandardInput());
        var publisher = new LinePublisher(ring, channel, input, type, timeout, attempts, report, TimeProvider.System);
        var publishing = publisher.RunAsync(request.Stop, kill.Token);
        await PublishProgress.ShowAsync(publishing, () => input.Taken, () => report.Published);
        await publishing;
        if (report.Late > 0)
        {
            Screen.Warn($"{report.Late} lines came after later ones, since the channel was out of reach for a while");
        }

        return report.Refused == 0 ? ExitCode.Success : throw new CommandFailure($"{report.Refused} of {report.Refused + report.Published} lines were not published");
    }

    // Whoever waits for the writer of a pipe, or for a person, can't be cancelled: it is left behind, on a thread of its own.
    private static async Task<byte[]> ReadAsync(Func<Task<byte[]>> read, string what, CancellationToken stop)
    {
        try
        {
            return await Task.Run(read, stop).WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailure($"told to end before {what} did: nothing was published");
        }
    }

    private static async Task<byte[]> ReadAllAsync()
    {
        using var bytes = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static TimeSpan Timeout(string? text) =>
        text is null ? TimeSpan.FromSeconds(DefaultTimeout)
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86400 ? TimeSpan.FromSeconds(seconds)
        : throw Bad($"--timeout is '{text}'; allowed is a number of seconds above 0, up to 86400");

    private static CommandFailure Bad(string message) => new(message, ExitCode.BadSetting);
}
