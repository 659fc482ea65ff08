using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Cluster;

/// <summary>Why a command looks at a gateway: it decides whether what is remembered counts.</summary>
internal enum Intent
{
    /// <summary>Looks at what is there, or does something with it: what is remembered counts.</summary>
    Use,

    /// <summary>Starts all: what is remembered counts unless all was stopped on purpose.</summary>
    Start,

    /// <summary>Starts all in the foreground: what is remembered counts while some of it runs.</summary>
    Up,
}

/// <summary>
/// A gateway on this machine: its state directory, its parts and their settings. Flags win over what is remembered of an earlier
/// start, and that over the environment and <c>appsettings.json</c>.
/// </summary>
internal sealed class Gateway
{
    private readonly IReadOnlyDictionary<string, string?> _flags;
    private readonly ClusterFile? _remembered;
    private readonly Dictionary<string, string?> _settings;
    private readonly IConfigurationRoot _configuration;
    private readonly Lazy<Account?> _account;

    private Gateway(string state, IReadOnlyDictionary<string, string?> flags, ClusterFile? remembered, IConfigurationRoot configuration)
    {
        State = state;
        _flags = flags;
        _remembered = remembered;
        _configuration = configuration;
        _account = new Lazy<Account?>(() => Account.Of(configuration));
        _settings = Fixed(configuration, remembered?.Settings, flags);
        Directory = remembered?.Directory ?? Environment.CurrentDirectory;
    }

    /// <summary>The state directory, a full path.</summary>
    public string State { get; }

    /// <summary>The working directory of the parts.</summary>
    public string Directory { get; }

    public IConfiguration Configuration => _configuration;

    /// <summary>Whose processes the parts are; null: the caller's.</summary>
    /// <exception cref="CommandFailure">There is no such account, or the caller may not choose.</exception>
    public Account? Account => _account.Value;

    public bool HasNumbers => !bool.Parse(GatewaySettings.NoNumbers.In(_configuration));

    public int Nodes => int.Parse(GatewaySettings.Nodes.In(_configuration), CultureInfo.InvariantCulture);

    /// <summary>Looks.</summary>
    /// <param name="flags">What the command line says.</param>
    /// <param name="intent">Why.</param>
    /// <exception cref="CommandFailure">A setting is bad.</exception>
    public static Gateway Open(IReadOnlyDictionary<string, string?> flags, Intent intent)
    {
        var here = Read(Environment.CurrentDirectory, flags);
        var state = GatewaySettings.State.In(here);
        if (GatewaySettings.State.Refuse(state) is { } refusal)
        {
            throw new CommandFailure(refusal, ExitCode.BadSetting);
        }

        state = Path.GetFullPath(state);
        var remembered = ClusterFile.Read(state);
        if (remembered is not null && !Counts(state, remembered, intent))
        {
            remembered = null;
        }

        var configuration = remembered is null ? here : Read(remembered.Directory, flags, remembered.Settings);
        if (!GatewayConfiguration.TryValidate(configuration, Parts.Cluster, out var error))
        {
            throw new CommandFailure(error, ExitCode.BadSetting);
        }

        return new Gateway(state, flags, remembered, configuration);
    }

    /// <summary>What is known to belong to it: what was started once, and what runs.</summary>
    public IReadOnlyList<Part> Known() => [.. Sorted((_remembered?.Parts.Keys ?? Enumerable.Empty<string>()).Concat(PidFile.Parts(State))).Select(Part)];

    /// <summary>What is to run: the nodes that were asked for, the number server, and what was started once.</summary>
    public IReadOnlyList<Part> Wanted() =>
        [.. Sorted(
            Enumerable.Range(1, Nodes).Select(PartName.OfNode)
                .Concat(_flags.ContainsKey(GatewaySettings.Nodes.Key) ? [] : _remembered?.Parts.Keys.Where(x => x != PartName.Numbers) ?? [])
                .Concat(HasNumbers ? [PartName.Numbers] : [])).Select(Part)];

    /// <summary>A part of it. One that runs has the settings that it was started with, whatever the flags say now.</summary>
    /// <exception cref="CommandFailure">Its ports would be too high.</exception>
    public Part Part(string name)
    {
        var settings = _remembered is not null && _remembered.Parts.TryGetValue(name, out var part)
            ? PidFile.Read(State, name).State == PidFileState.Alive ? part.Settings : Merge(part.Settings, _flags)
            : _settings;
        if (PartName.NodeNumber(name) is { } node)
        {
            var own = new ConfigurationBuilder()
                .AddInMemoryCollection(settings)
                .AddInMemoryCollection([new(GatewaySettings.Node.Key, node.ToString(CultureInfo.InvariantCulture))])
                .Build();
            if (!GatewayConfiguration.TryValidate(own, Parts.Node, out var error))
            {
                throw new CommandFailure(error, ExitCode.BadSetting);
            }
        }

        return new Part(name, settings);
    }

    /// <summary>Makes the state directory if it is not there, with the permissions and for the account that the settings say.</summary>
    /// <exception cref="CommandFailure">It can't be made.</exception>
    public void CreateState()
    {
        try
        {
            Permissions.Apply(_configuration);
            System.IO.Directory.CreateDirectory(State);
            Account?.Own(State);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                GatewaySettings.State.Refusal(State, $"allowed is a directory that can be made or written to: {exception.Message}"), ExitCode.BadSetting);
        }
    }

    /// <summary>Remembers parts that are about to be started. The state directory exists.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="all">Whether all of the gateway is: then its settings are those of parts that come later, too.</param>
    public async Task RememberAsync(IReadOnlyList<Part> parts, bool all)
    {
        await ClusterFile.UpdateAsync(State, now =>
        {
            var next = now is null || (all && _remembered is null)
                ? new ClusterFile { Directory = Directory, Settings = _settings }
                : all ? now with { Settings = _settings } : now;
            foreach (var part in parts)
            {
                next.Parts[part.Name] = new PartRecord(new(part.Settings), Stopped: false);
            }

            return next;
        });
    }

    private static bool Counts(string state, ClusterFile remembered, Intent intent) =>
        intent == Intent.Use
        || PidFile.Parts(state).Any(x => PidFile.Read(state, x).State == PidFileState.Alive)
        || (intent == Intent.Start && remembered.Parts.Values.Any(x => !x.Stopped));

    private static IConfigurationRoot Read(
        string directory, IReadOnlyDictionary<string, string?> flags, IReadOnlyDictionary<string, string?>? remembered = null) =>
        GatewayConfiguration.TryRead(directory, flags, out var configuration, out var error, remembered)
            ? configuration
            : throw new CommandFailure(error, ExitCode.BadSetting);

    // What can change while a part runs is left to the configuration that the part itself reads, unless somebody said it here.
    private static Dictionary<string, string?> Fixed(
        IConfiguration configuration, Dictionary<string, string?>? remembered, IReadOnlyDictionary<string, string?> flags) =>
        GatewaySettings.Of(Parts.Cluster)
            .Where(x => x != GatewaySettings.State)
            .Where(x => !x.Reloads || flags.ContainsKey(x.Key) || remembered?.ContainsKey(x.Key) == true)
            .ToDictionary(x => x.Key, x => (string?)x.In(configuration));

    private static Dictionary<string, string?> Merge(IReadOnlyDictionary<string, string?> first, IReadOnlyDictionary<string, string?> second)
    {
        var merged = new Dictionary<string, string?>(first, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in second.Where(x => x.Key != GatewaySettings.State.Key))
        {
            merged[key] = value;
        }

        return merged;
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> names) =>
        names.Distinct().OrderBy(x => PartName.NodeNumber(x) ?? int.MaxValue);
}
