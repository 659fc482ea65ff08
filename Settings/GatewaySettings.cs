using System.Reflection;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Settings;

/// <summary>The table of all settings, made from the options classes. Every flag, default and sentence about a setting comes from here.</summary>
public static class GatewaySettings
{
    /// <summary>Ports from here on are given by the system to whoever connects somewhere: a server may find its own taken.</summary>
    public const int FirstEphemeralPort = 32768;

    /// <summary>The highest number of a node.</summary>
    public const int MaxNodes = NodeOptions.MaxNodes;

    /// <summary>The sections below which nothing may stand that is no setting.</summary>
    public static IReadOnlyList<string> OwnSections { get; } = [NodeOptions.SectionName, NumberServerOptions.SectionName];

    /// <summary>All of them, in the order in which a person reads them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. Of<NodeOptions>(), .. Of<LogOptions>(), .. Of<NumberServerOptions>(), .. Of<FrontendOptions>(), .. Of<RetentionOptions>(), .. Of<RetentionLimits>(), .. Of<BridgeOptions>(),
        .. Of<LogLevelOptions>(),
    ];

    /// <summary>Where the process files, the logs and what the nodes share are.</summary>
    public static Setting State { get; } = Of<NodeOptions>(nameof(NodeOptions.State));

    /// <summary>The address to listen on.</summary>
    public static Setting Bind { get; } = Of<NodeOptions>(nameof(NodeOptions.Bind));

    /// <summary>The HTTP port of node 1.</summary>
    public static Setting Http { get; } = Of<NodeOptions>(nameof(NodeOptions.Http));

    /// <summary>The port of node 1 for other nodes.</summary>
    public static Setting Silo { get; } = Of<NodeOptions>(nameof(NodeOptions.Silo));

    /// <summary>The port of node 1 for Orleans clients.</summary>
    public static Setting OrleansGateway { get; } = Of<NodeOptions>(nameof(NodeOptions.OrleansGateway));

    /// <summary>Where the number server is.</summary>
    public static Setting Numbers { get; } = Of<NodeOptions>(nameof(NodeOptions.Numbers));

    /// <summary>Whether the number server is somebody else's.</summary>
    public static Setting NoNumbers { get; } = Of<NodeOptions>(nameof(NodeOptions.NoNumbers));

    /// <summary>How the nodes find each other.</summary>
    public static Setting Membership { get; } = Of<NodeOptions>(nameof(NodeOptions.Membership));

    /// <summary>Where the logs of the channels are.</summary>
    public static Setting Storage { get; } = Of<NodeOptions>(nameof(NodeOptions.Storage));

    /// <summary>The number of a node.</summary>
    public static Setting Node { get; } = Of<NodeOptions>(nameof(NodeOptions.Node));

    /// <summary>How many nodes there are.</summary>
    public static Setting Nodes { get; } = Of<NodeOptions>(nameof(NodeOptions.Nodes));

    /// <summary>The rate of the number server.</summary>
    public static Setting Rate { get; } = Of<NumberServerOptions>(nameof(NumberServerOptions.RatePerMinute));

    /// <summary>As whom the parts run.</summary>
    public static Setting User { get; } = Of<NodeOptions>(nameof(NodeOptions.User));

    /// <summary>With which group the parts run.</summary>
    public static Setting Group { get; } = Of<NodeOptions>(nameof(NodeOptions.Group));

    /// <summary>Which permissions new files do not get.</summary>
    public static Setting Umask { get; } = Of<NodeOptions>(nameof(NodeOptions.Umask));

    /// <summary>Those whose flag a part knows.</summary>
    public static IEnumerable<Setting> Of(Parts part) => All.Where(x => (x.AcceptedBy & part) != 0);

    /// <summary>The setting of a key, and the name in it where there are many; null where it is none.</summary>
    public static (Setting Setting, string? Name)? Find(string key) => All
        .Select(x => (Setting: x, Name: x.NameIn(key)))
        .Where(x => x.Name is not null)
        .Select(x => ((Setting, string?)?)(x.Setting, x.Setting.IsPattern ? x.Name : null))
        .FirstOrDefault();

    /// <summary>The settings that an options class has.</summary>
    public static IReadOnlyList<Setting> Of<TOptions>()
        where TOptions : new() => Table<TOptions>.Settings;

    private static Setting Of<TOptions>(string property)
        where TOptions : new() => Of<TOptions>().Single(x => x.IsOf(typeof(TOptions), property));

    private static class Table<TOptions>
        where TOptions : new()
    {
        public static readonly IReadOnlyList<Setting> Settings = Make();

        private static Setting[] Make()
        {
            var section = typeof(TOptions).GetCustomAttribute<SectionAttribute>(inherit: false)!;
            var defaults = new TOptions();

            // What a class inherits comes first, as it is more general.
            return
            [
                .. from property in typeof(TOptions).GetProperties()
                   let kind = property.GetCustomAttribute<SettingAttribute>()
                   where kind is not null
                   orderby property.DeclaringType == typeof(TOptions) ? 1 : 0
                   select new Setting(section, property, kind, defaults!),
            ];
        }
    }
}
