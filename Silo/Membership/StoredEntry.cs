using System.Globalization;
using System.Text.Json;

namespace OrleansGateway.Membership;

/// <summary>A membership entry as it is stored, but for the time at which it was alive.</summary>
internal sealed record StoredEntry(
    string Address, string Status, string Name, string Host, int ProxyPort, string? Role, DateTime Start, int FaultZone, int UpdateZone, StoredEntry.Suspicion[] Suspects)
{
    /// <summary>Writes one as JSON.</summary>
    public static string Write(MembershipEntry entry) => JsonSerializer.Serialize(new StoredEntry(
        entry.SiloAddress.ToParsableString(), entry.Status.ToString(), entry.SiloName, entry.HostName, entry.ProxyPort, entry.RoleName,
        entry.StartTime, entry.FaultZone, entry.UpdateZone,
        [.. (entry.SuspectTimes ?? []).Select(x => new Suspicion(x.Item1.ToParsableString(), x.Item2))]));

    /// <summary>Reads one.</summary>
    /// <param name="json">What <see cref="Write"/> wrote.</param>
    /// <param name="alive">When it was alive, see <see cref="Time"/>.</param>
    public static MembershipEntry Read(string json, string alive)
    {
        var stored = JsonSerializer.Deserialize<StoredEntry>(json) ?? throw new InvalidDataException("A row of the membership table is empty.");
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(stored.Address),
            Status = Enum.Parse<SiloStatus>(stored.Status),
            SiloName = stored.Name,
            HostName = stored.Host,
            ProxyPort = stored.ProxyPort,
            RoleName = stored.Role,
            StartTime = stored.Start,
            FaultZone = stored.FaultZone,
            UpdateZone = stored.UpdateZone,
            SuspectTimes = [.. stored.Suspects.Select(x => Tuple.Create(SiloAddress.FromParsableString(x.By), x.At))],
            IAmAliveTime = DateTime.Parse(alive, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        };
    }

    /// <summary>Writes a time.</summary>
    public static string Time(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Who suspects it, and since when.</summary>
    internal sealed record Suspicion(string By, DateTime At);
}
