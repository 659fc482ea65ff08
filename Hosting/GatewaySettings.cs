using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>All settings that have a flag, once: the command line, the processes and the help are made of them.</summary>
internal static class GatewaySettings
{
    private const string Ports = "a port, 1 to 65535";

    public static readonly Setting State = new(
        "--state", "Gateway:State", ".gateway", "DIR", "a directory", "pid files, logs and what the nodes of this machine share", x => x.Length > 0);

    public static readonly Setting Bind = new(
        "--bind", "Gateway:Bind", "127.0.0.1", "ADDRESS", "an IP address", "the address to listen on", x => IPAddress.TryParse(x, out _));

    public static readonly Setting Http = new("--http", "Gateway:Http", "8088", "PORT", Ports, "the HTTP port of node 1; node K listens on it plus K-1", IsPort);

    public static readonly Setting Silo = new("--silo", "Gateway:Silo", "11111", "PORT", Ports, "the port of node 1 for other nodes", IsPort);

    public static readonly Setting OrleansGateway = new(
        "--orleans-gateway", "Gateway:OrleansGateway", "30000", "PORT", Ports, "the port of node 1 for Orleans clients", IsPort);

    public static readonly Setting Numbers = new(
        "--numbers", "Gateway:Numbers", HostPort.Default.ToString(), "HOST:PORT", "HOST:PORT, such as 127.0.0.1:7776", "where the number server is",
        x => HostPort.TryParse(x, out _));

    public static readonly Setting NoNumbers = new(
        "--no-numbers", "Gateway:NoNumbers", "false", string.Empty, "true or false", "start no number server and use the one that is there", x => bool.TryParse(x, out _));

    public static readonly Setting Membership = new(
        "--membership", "Gateway:Membership", "local", "KIND", "local or development (redis and postgres are not available yet)",
        "how nodes find each other", x => x is "local" or "development");

    public static readonly Setting Storage = new(
        "--storage", "Gateway:Storage", "memory", "KIND", "memory (local, redis and postgres are not available yet)", "where messages are kept", x => x == "memory");

    public static readonly Setting Node = new(
        "--node", "Gateway:Node", "1", "K", "a number, 1 to 1000", "which node this is", x => IsNumber(x, 1, 1000));

    public static readonly Setting Rate = new(
        "--rate", "NumberServer:RatePerMinute", "60", "N", "a number above 0, up to 600000 (lines a minute)", "lines a minute to each connection",
        x => double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 600_000);

    /// <summary>What every command and process takes.</summary>
    public static readonly IReadOnlyList<Setting> Common = [State, Bind, Http, Silo, OrleansGateway, Numbers, NoNumbers, Membership, Storage];

    /// <summary>What a node takes.</summary>
    public static readonly IReadOnlyList<Setting> OfNode = [Node, .. Common];

    /// <summary>What the number server takes.</summary>
    public static readonly IReadOnlyList<Setting> OfNumbers = [Rate, .. Common];

    /// <summary>Reads flags, <c>--flag value</c> or <c>--flag=value</c>, into configuration keys.</summary>
    /// <returns>What is wrong, as one line, or null.</returns>
    public static string? ReadFlags(IReadOnlyList<string> args, IReadOnlyList<Setting> known, out Dictionary<string, string?> values)
    {
        values = new(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Count; i++)
        {
            var (flag, value) = args[i].IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (args[i][..at], args[i][(at + 1)..]) : (args[i], null);
            if (known.FirstOrDefault(x => x.Flag == flag) is not { } setting)
            {
                return $"there is no {flag}{Suggestion.For(flag, known.Select(x => x.Flag))}";
            }

            if (value is null && setting.IsSwitch)
            {
                value = "true";
            }
            else if (value is null && ++i < args.Count)
            {
                value = args[i];
            }

            if (value is null)
            {
                return $"{flag} takes {setting.Allowed}";
            }

            if (!setting.IsAllowed(value))
            {
                return setting.Refusal(value);
            }

            values[setting.Key] = value;
        }

        return null;
    }

    /// <summary>Checks the settings as they are after all sources were read.</summary>
    /// <param name="configuration">All sources.</param>
    /// <param name="known">The settings that matter.</param>
    /// <param name="nodes">How many nodes there are to be, numbered from 1.</param>
    /// <returns>What is wrong, as one line, or null.</returns>
    public static string? Check(IConfiguration configuration, IEnumerable<Setting> known, int nodes)
    {
        foreach (var setting in known)
        {
            if (configuration[setting.Key] is { } value && !setting.IsAllowed(value))
            {
                return setting.Refusal(value);
            }
        }

        var ranges = new[] { Http, Silo, OrleansGateway }.Select(x => (Setting: x, First: PortOf(configuration, x))).ToList();
        foreach (var (setting, first) in ranges)
        {
            if (first + nodes - 1 > IPEndPoint.MaxPort)
            {
                return $"{setting.Key} ({setting.Flag}) is '{first}'; with {nodes} nodes the last port would be above {IPEndPoint.MaxPort}";
            }

            if (ranges.FirstOrDefault(x => x.Setting != setting && Math.Abs(x.First - first) < nodes) is { Setting: { } other, First: var otherFirst })
            {
                return $"{setting.Key} ({setting.Flag}) is '{first}' and {other.Key} ({other.Flag}) is '{otherFirst}'; with {nodes} nodes they need ports of their own, {nodes} apart";
            }
        }

        return null;
    }

    /// <summary>A setting's value.</summary>
    public static string ValueOf(IConfiguration configuration, Setting setting) => configuration[setting.Key] ?? setting.Default;

    /// <summary>The port of node 1.</summary>
    public static int PortOf(IConfiguration configuration, Setting setting) => int.Parse(ValueOf(configuration, setting), CultureInfo.InvariantCulture);

    private static bool IsPort(string text) => IsNumber(text, 1, IPEndPoint.MaxPort);

    private static bool IsNumber(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
}

/// <summary>Guesses what a mistyped word was meant to be.</summary>
internal static class Suggestion
{
    /// <summary>The nearest of <paramref name="known"/>, as the end of a sentence, or nothing where none is near.</summary>
    public static string For(string word, IEnumerable<string> known)
    {
        var nearest = known.Select(x => (Word: x, Distance: Distance(word, x))).OrderBy(x => x.Distance).FirstOrDefault();
        return nearest.Word is not null && nearest.Distance <= Math.Max(1, word.Length / 3) ? $"; did you mean {nearest.Word}?" : string.Empty;
    }

    // Levenshtein.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
