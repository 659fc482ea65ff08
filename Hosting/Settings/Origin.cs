using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>The places that values come from; a later one wins.</summary>
public enum OriginKind
{
    /// <summary>Nobody said anything.</summary>
    Default,

    /// <summary>A file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>What is remembered of the start of this gateway.</summary>
    Remembered,

    /// <summary>The command line.</summary>
    Flag,
}

/// <summary>Where a value came from.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Name">The path of the file, the name of the variable, or the flag; empty where there is none.</param>
public readonly record struct Origin(OriginKind Kind, string Name = "")
{
    /// <summary>Nobody said anything.</summary>
    public static Origin Default { get; } = new(OriginKind.Default);

    /// <summary>In words that go on after a value, such as <c>in /etc/gateway/appsettings.json</c>; null where the name of the setting says enough.</summary>
    public string? Phrase => Kind switch
    {
        OriginKind.File => $"in {Name}",
        OriginKind.Environment => $"in the environment ({Name})",
        OriginKind.Remembered => "as remembered from its start",
        _ => null,
    };

    /// <summary>Where a key of a configuration has its value from.</summary>
    internal static Origin Of(IConfiguration configuration, string key) =>
        configuration is IConfigurationRoot root
            ? root.Providers.Reverse().OfType<Layer>().FirstOrDefault(x => x.TryGet(key, out _))?.OriginOf(key) ?? Default
            : Default;
}
