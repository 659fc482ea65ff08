namespace OrleansGateway.Hosting;

/// <summary>What came of reading the configuration again.</summary>
/// <param name="Time">When it was over.</param>
/// <param name="Error">Why nothing of it was applied, in one line; null where it was.</param>
/// <param name="ServiceError">What a service made of settings that hold now, in one line; null where all took them.</param>
/// <param name="Applied">What holds now, a line each, such as <c>Gateway:MaxMessageBytes 1 MiB -> 2 MiB</c>. Where the reload was asked for, also what was saved and applied since one was asked for before.</param>
/// <param name="NeedsRestart">What is written otherwise than it is, and will hold after a restart; lines as before.</param>
public sealed record ReloadOutcome(DateTimeOffset Time, string? Error, string? ServiceError, IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart);
