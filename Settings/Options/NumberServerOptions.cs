using OrleansGateway.Settings;

namespace OrleansGateway.Numbers.Server;

/// <summary>Settings of the number server.</summary>
[Section(SectionName, "Number server")]
public sealed class NumberServerOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "NumberServer";

    [Rate(
        "lines a minute that the number server sends to each connection", 600_000, "lines a minute",
        Flag = "--rate", ValueName = "PERMINUTE", AcceptedBy = Parts.Numbers | Parts.Cluster, UsedBy = Parts.Numbers, Reloads = true)]
    public double RatePerMinute { get; set; } = 60;

    /// <summary>Where to listen: HOST:PORT; port 0 takes any free one. It is <see cref="NodeOptions.Numbers"/>, where nodes look for the server.</summary>
    public string Listen { get; set; } = HostPort.Default.ToString();
}
