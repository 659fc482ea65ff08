namespace OrleansGateway.Settings;

/// <summary>How much is logged of a category.</summary>
[Section("Logging:LogLevel", "Logging", Name = "CATEGORY", IsValue = true, Default = "that of the longest category that the name begins with, else Default")]
public sealed class LogLevelOptions
{
    /// <summary>What a person who runs nodes wants to read, by category.</summary>
    public static IReadOnlyDictionary<string, string> Defaults { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Default"] = "Information",
        ["Microsoft"] = "Warning",
        ["Orleans"] = "Warning",
        ["OrleansGateway"] = "Information",
        ["Polly"] = "Critical",

        // They warn at each start of the garbage collector that was chosen on purpose, and of a watchdog that did not start yet.
        ["Orleans.Runtime.Silo"] = "Error",
        ["Orleans.Runtime.Watchdog"] = "Error",
    };

    [Choice("least level that is logged of a category", "Trace", "Debug", "Information", "Warning", "Error", "Critical", "None", UsedBy = Parts.Node | Parts.Numbers, Reloads = true)]
    public string Level { get; set; } = "Information";
}
