namespace OrleansGateway.Numbers.Server;

/// <summary>Settings of the number server.</summary>
internal sealed class NumberServerOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "NumberServer";

    /// <summary>The highest rate: 600,000 lines a minute, which is 10,000 a second.</summary>
    public const double MaxRatePerMinute = 600_000;

    /// <summary>Key of <see cref="RatePerMinute"/>.</summary>
    public const string RateKey = SectionName + ":" + nameof(RatePerMinute);

    /// <summary>Key of <see cref="Listen"/>: nodes look there, too, to find the server.</summary>
    public const string ListenKey = "Gateway:Numbers";

    /// <summary>
    /// Lines a minute to each connection, above 0 up to 600,000, fractions allowed. Default: 60. A reload changes it
    /// for the connections that are open.
    /// </summary>
    public double RatePerMinute { get; set; } = 60;

    /// <summary>Where to listen: HOST:PORT; port 0 takes any free one. Default: 127.0.0.1:7776. Read when the server starts.</summary>
    public string Listen { get; set; } = HostPort.Default.ToString();
}
