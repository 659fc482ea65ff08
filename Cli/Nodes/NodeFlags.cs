using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Commands;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Nodes;

/// <summary>The flags that say whose nodes a command talks to: those of a state directory, or of an address.</summary>
internal sealed class NodeFlags
{
    public const string Url = "--url";

    private readonly Option<string> _url = new(Url)
    {
        Description = "Address of a node or a proxy of a gateway elsewhere; default: the nodes that --state knows of",
        HelpName = "URL",
    };

    private readonly SettingOptions _settings;

    public NodeFlags(Command command)
    {
        command.Add(_url);
        _settings = new SettingOptions(command, SettingOptions.Common);
    }

    /// <summary>The nodes.</summary>
    /// <exception cref="CommandFailure">A flag is bad.</exception>
    public NodeRing Read(ParseResult result)
    {
        var flags = _settings.Read(result);
        if (result.GetValue(_url) is { } url)
        {
            return new NodeRing([Parse(url)]);
        }

        var gateway = Gateway.Open(flags, Intent.Look);
        var known = gateway.Known().Where(x => x.Node is not null).ToList();
        RefuseOthers(gateway, known, flags);
        return new NodeRing((known.Count > 0 ? known : gateway.Wanted().Where(x => x.Node is not null)).Select(x => new Uri(x.Address)));
    }

    // Nodes that run are where they are: what is meant for others is not to reach them.
    private static void RefuseOthers(Gateway gateway, List<Part> known, IReadOnlyDictionary<string, string?> flags)
    {
        foreach (var setting in new[] { GatewaySettings.Http, GatewaySettings.Bind })
        {
            if (flags.GetValueOrDefault(setting.Key) is { } value && known.Find(x => x.With(setting.Key, value).Address != x.Address) is { } node)
            {
                throw new CommandFailure(
                    setting.Refusal(value, $"{node.Name} of {gateway.State} runs at {node.Address}; {Url} or {GatewaySettings.State.Flag} says which other gateway is meant"),
                    ExitCode.BadSetting);
            }
        }
    }

    /// <summary>An address as a person types it: <c>localhost:8088</c> is one.</summary>
    internal static Uri Parse(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var uri)
        && uri is { Scheme: "http" or "https", PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? uri
            : throw new CommandFailure($"--url is '{text}'; allowed is the address of a node, such as http://127.0.0.1:8088", ExitCode.BadSetting);
}
