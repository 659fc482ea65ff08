using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Cluster;

/// <summary>Why a command looks at a gateway: it decides whether what is remembered counts.</summary>
internal enum Intent
{
    /// <summary>Looks at what runs, or stops it: what is remembered counts, and where the file is bad, as it may be while parts go on with what it said before, it does not.</summary>
    Look,

    /// <summary>Shows its settings: what is remembered counts.</summary>
    Show,

    /// <summary>Starts something of what is there: what is remembered counts.</summary>
    Use,

    /// <summary>Starts all: what is remembered counts unless all was stopped on purpose.</summary>
    Start,

    /// <summary>Starts all in the foreground: what is remembered counts while some of it runs.</summary>
    Up,
}

/// <summary>
/// A gateway on this machine: its state directory, its parts and their settings. Flags win over what is remembered of an earlier
/// start, and that over the environment and <c>appsettings.json</c>. Remembered is what was said by flags and in the environment: what is in the file
/// is read there anew whenever a part is started.
/// </summary>
internal sealed class Gateway
{
    private readonly IReadOnlyDictionary<string, string?> _flags;
    private readonly ClusterFile? _remembered;
    private readonly Intent _intent;
    private readonly IConfigurationRoot _configuration;
    private readonly Lazy<Account?> _account;

    private Gateway(string state, IReadOnlyDictionary<string, string?> flags, Intent intent, ClusterFile? remembered, IConfigurationRoot configuration)
    {
        State = state;
        _intent = intent;
        _flags = flags;
        _remembered = remembered;
        _configuration = configuration;
        _account = new Lazy<Account?>(() => Account.Of(configuration));
        Directory = remembered?.Directory ?? Environment.CurrentDirectory;
    }

    /// <summary>The state directory, a full path.</summary>
    public string State { get; }

    /// <summary>The working directory of the parts.</summary>
    public string Directory { get; }

    public IConfiguration Configuration => _configuration;

    /// <summary>What is wrong with the file, so that nothing could be started now, in one line; null when nothing is. Only where <see cref="Intent.Look"/> allows it.</summary>
    public string? BadFile { get; private init; }

    /// <summary>Whether nothing was found in <see cref="State"/>, and the file, which can't be read, might have said another one.</summary>
    public bool IsStateGuessed => BadFile is not null && !_flags.ContainsKey(GatewaySettings.State.Key) && Known().Count == 0;

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
        var here = Read(Environment.CurrentDirectory, flags, null, intent, validate: false, out _);
        var state = GatewaySettings.State.In(here);
        if (GatewaySettings.State.Refuse(state) is { } refusal)
        {
            throw new CommandFailure(refusal, ExitCode.BadSetting);
        }

        state = Path.GetFullPath(state);
        Account.Assume(state, here, starts: intent is not (Intent.Look or Intent.Show));
        var remembered = ClusterFile.Read(state);
        if (remembered is not null && !Counts(state, remembered, intent))
        {
            remembered = null;
        }

        var configuration = Read(remembered?.Directory ?? Environment.CurrentDirectory, flags, remembered?.Settings, intent, validate: true, out var badFile);
        return new Gateway(state, flags, intent, remembered, configuration) { BadFile = badFile };
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
    public Part Part(string name) =>
        _remembered?.Parts.GetValueOrDefault(name) is { } record && PidFile.Read(State, name).State == PidFileState.Alive
            ? new Part(name, record.Settings, record.Said)
            : Anew(name);

    /// <summary>A part of it as it is to be when it is started anew, whether it runs now or not.</summary>
    /// <exception cref="CommandFailure">Its ports would be too high.</exception>
    public Part Anew(string name)
    {
        var record = _remembered?.Parts.GetValueOrDefault(name);
        var said = record is null ? Said(_configuration) : Merge(record.Said, _flags);
        var settings = Fixed(record is null ? _configuration : Read(Directory, said, null, _intent, validate: true, out _), said);
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

        return new Part(name, settings, said);
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
                ? new ClusterFile { Directory = Directory, Settings = Said(_configuration) }
                : all ? now with { Settings = Said(_configuration) } : now;
            foreach (var part in parts)
            {
                next.Parts[part.Name] = new PartRecord(new(part.Settings), new(part.Said), Stopped: false);
            }

            return next;
        });
    }

    private static bool Counts(string state, ClusterFile remembered, Intent intent) =>
        intent is Intent.Look or Intent.Show or Intent.Use
        || PidFile.Parts(state).Any(x => PidFile.Read(state, x).State == PidFileState.Alive)
        || (intent == Intent.Start && remembered.Parts.Values.Any(x => !x.Stopped));

    // Whoever looks does so without the file where that is bad.
    private static IConfigurationRoot Read(
        string directory, IReadOnlyDictionary<string, string?> flags, IReadOnlyDictionary<string, string?>? remembered, Intent intent, bool validate, out string? error)
    {
        error = null;
        foreach (var from in intent == Intent.Look ? [directory, null] : new string?[] { directory })
        {
            if (GatewayConfiguration.TryRead(from, flags, out var configuration, out var refusal, remembered)
                && (!validate || GatewayConfiguration.TryValidate(configuration, Parts.Cluster, out refusal)))
            {
                return configuration;
            }

            error ??= refusal;
        }

        throw new CommandFailure(error!, ExitCode.BadSetting);
    }

    /// <summary>What somebody said by a flag or in the environment, now or before.</summary>
    private static Dictionary<string, string?> Said(IConfiguration configuration) =>
        ToRemember
            .Where(x => GatewayConfiguration.OriginOf(configuration, x.Key).Kind is OriginKind.Environment or OriginKind.Remembered or OriginKind.Flag)
            .ToDictionary(x => x.Key, x => (string?)x.In(configuration), StringComparer.OrdinalIgnoreCase);

    /// <summary>What a part has as long as it runs, wherever that was said. What can change meanwhile is there only where it was not said in the file.</summary>
    private static Dictionary<string, string?> Fixed(IConfiguration configuration, Dictionary<string, string?> said) =>
        ToRemember
            .Where(x => !x.Reloads || said.ContainsKey(x.Key))
            .ToDictionary(x => x.Key, x => (string?)x.In(configuration), StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<Setting> ToRemember => GatewaySettings.Of(Parts.Cluster).Where(x => x != GatewaySettings.State);

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
