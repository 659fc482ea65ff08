using OrleansGateway.Settings;

namespace OrleansGateway;

/// <summary>How large the log of a part in the background gets.</summary>
[Section("Gateway:Log", "Logs")]
public sealed class LogOptions
{
    /// <summary>The most files that a log may have.</summary>
    public const int MaxFiles = 100;

    [Size(
        "size at which the log of a part in the background begins a new file", "1000 B", "1 TiB",
        Flag = "--log-max-bytes", ValueName = "SIZE", UsedBy = Parts.All, Reloads = true)]
    public long MaxBytes { get; set; } = 16 * 1024 * 1024;

    [Count(
        "how many files a log has at most, the one that is written to included", 1, MaxFiles, "files",
        Flag = "--log-files", ValueName = "N", UsedBy = Parts.All, Reloads = true)]
    public int Files { get; set; } = 5;
}
