using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansGateway.Hosting;

/// <summary>
/// What a part says of itself: its services and its last reload. It is in <c>STATE/NAME.report.json</c>, written at each change, and stays there
/// after the process has ended, however it did.
/// </summary>
/// <param name="Pid">The process.</param>
/// <param name="StartTime">When that process started, as its pid file says it, so that it can be told from a later one of the same pid.</param>
/// <param name="Services">Its services; the root's error is that of the whole part.</param>
/// <param name="Reload">Its last reload; null before the first.</param>
public sealed record PartReport(int Pid, long StartTime, ServiceReport Services, ReloadOutcome? Reload)
{
    /// <summary>Reads it.</summary>
    /// <param name="state">The state directory; it need not exist.</param>
    /// <param name="name">The name of the part.</param>
    /// <returns>Null when there is none, or it can't be read.</returns>
    public static PartReport? Read(string state, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(state, name)), PartReportJson.Default.PartReport);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Writes it, at once as a whole.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It can't be written.</exception>
    internal void Write(string state, string name)
    {
        var path = PathOf(state, name);
        AtomicFile.Write(path, $"{path}.{Pid}", JsonSerializer.SerializeToUtf8Bytes(this, PartReportJson.Default.PartReport));
    }

    private static string PathOf(string state, string name) => Path.Combine(state, $"{name}.report.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ServiceStateWords)])]
[JsonSerializable(typeof(PartReport))]
internal sealed partial class PartReportJson : JsonSerializerContext;

internal sealed class ServiceStateWords() : JsonStringEnumConverter<ServiceState>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
