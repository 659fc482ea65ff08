namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>A strike as it happened.</summary>
/// <param name="Strike">What was planned.</param>
/// <param name="Begun">A stopwatch's time.</param>
/// <param name="Ended">When its cause was over: thawed, killed, the disk free again.</param>
/// <param name="Healed">When the cluster was whole again.</param>
internal sealed record Blow(Strike Strike, long Begun, long Ended, long Healed);
