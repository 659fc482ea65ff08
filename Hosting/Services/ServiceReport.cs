namespace OrleansGateway.Hosting;

/// <summary>How a service and its parts were at one moment.</summary>
/// <param name="Name">Its name, which no other part of the same service has.</param>
/// <param name="State">How it is.</param>
/// <param name="Since">Since when.</param>
/// <param name="TookMs">How long its start took, or its stop once it was stopped, in milliseconds; null before.</param>
/// <param name="Error">What went wrong, in one line, or null.</param>
/// <param name="Detail">What it says of itself, in a few words, or null.</param>
/// <param name="Children">Its parts, in the order in which they start.</param>
public sealed record ServiceReport(
    string Name, ServiceState State, DateTimeOffset Since, long? TookMs, string? Error, string? Detail, IReadOnlyList<ServiceReport> Children);
