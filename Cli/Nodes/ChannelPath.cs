using OrleansGateway.Channels;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Nodes;

/// <summary>The path of channels as they are typed: <c>a/b</c> or <c>/a/b</c>, and to subscribe also <c>a,b</c> and <c>a/*</c>.</summary>
internal static class ChannelPath
{
    /// <summary>The path of one channel.</summary>
    /// <exception cref="CommandFailure">There can't be such a channel.</exception>
    public static string Of(string channel)
    {
        var name = Strip(channel);
        Check(channel, name);
        return Escape(name);
    }

    /// <summary>The path of several channels and prefixes.</summary>
    /// <exception cref="CommandFailure">There can't be such a channel.</exception>
    public static string Of(IReadOnlyList<string> channels)
    {
        var names = channels.SelectMany(x => x.Split(',')).Select(x => (Typed: x, Name: Strip(x))).Distinct().ToList();
        foreach (var (typed, name) in names)
        {
            if (name != "*")
            {
                Check(typed, name.EndsWith("/*", StringComparison.Ordinal) ? name[..^2] : name);
            }
        }

        return string.Join(',', names.Select(x => Escape(x.Name)));
    }

    private static string Strip(string channel) => channel.StartsWith('/') ? channel[1..] : channel;

    private static void Check(string typed, string name)
    {
        if (ChannelName.Violation(name) is { } rule)
        {
            throw new CommandFailure($"'{typed}' is no channel: {rule.TrimEnd('.')}", ExitCode.BadSetting);
        }
    }

    private static string Escape(string name) => string.Join('/', name.Split('/').Select(x => x == "*" ? x : Uri.EscapeDataString(x)));
}
