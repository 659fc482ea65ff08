using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Cluster;

/// <summary>
/// What is remembered of a gateway from one command to the next, in <c>STATE/cluster.json</c>: the parts that were started, with what
/// settings, and in which directory, where their <c>appsettings.json</c> is.
/// </summary>
internal sealed record ClusterFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The working directory of the parts.</summary>
    public required string Directory { get; init; }

    /// <summary>What was said by flags or in the environment, and holds for a part that was not started yet.</summary>
    public required Dictionary<string, string?> Settings { get; init; }

    /// <summary>The parts by their names.</summary>
    public Dictionary<string, PartRecord> Parts { get; init; } = [];

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="CommandFailure">It can't be read.</exception>
    public static ClusterFile? Read(string state)
    {
        var path = PathIn(state);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ClusterFileJson.Default.ClusterFile) : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"{path} can't be read: {GatewayConfiguration.InOneLine(exception)}; without it the flags must be given again");
        }
    }

    /// <summary>Changes it, whoever else does so at the same time.</summary>
    /// <param name="state">The state directory, which exists.</param>
    /// <param name="change">From what is there, or null, to what is to be there.</param>
    public static async Task UpdateAsync(string state, Func<ClusterFile?, ClusterFile?> change)
    {
        await using var held = await LockAsync(PathIn(state) + ".lock");
        if (change(Read(state)) is { } next)
        {
            AtomicFile.Write(PathIn(state), PathIn(state) + ".tmp", JsonSerializer.SerializeToUtf8Bytes(next, ClusterFileJson.Default.ClusterFile));
        }
    }

    /// <summary>Notes that parts were told to stop. Where that can't be written, as on a full disk, they are to stop all the same.</summary>
    public static async Task NoteStoppedAsync(string state, IEnumerable<string> names)
    {
        try
        {
            if (File.Exists(PathIn(state)))
            {
                await UpdateAsync(state, file => Stopped(file, names));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CommandFailure)
        {
            Screen.Warn($"it can't be noted that {string.Join(", ", names)} {(names.Count() == 1 ? "is" : "are")} to stop, so who watches may start it again: {GatewayConfiguration.InOneLine(exception)}");
        }
    }

    private static ClusterFile? Stopped(ClusterFile? file, IEnumerable<string> names)
    {
        foreach (var name in names.Where(x => file?.Parts.ContainsKey(x) == true))
        {
            file!.Parts[name] = file.Parts[name] with { Stopped = true };
        }

        return file;
    }

    private static string PathIn(string state) => Path.Combine(state, "cluster.json");

    private static async Task<FileStream> LockAsync(string path)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            if (LockFile.TryTake(path) is { } held)
            {
                return held;
            }

            await Task.Delay(10);
        }

        throw new IOException($"{path} is held by another process for longer than {Patience.TotalSeconds} s");
    }
}

/// <summary>A part that was started once.</summary>
/// <param name="Settings">With what settings, wherever they were said: that is where it is as long as it runs.</param>
/// <param name="Said">Those of them that were said by flags or in the environment.</param>
/// <param name="Stopped">Whether somebody told it to stop after that.</param>
internal sealed record PartRecord(Dictionary<string, string?> Settings, Dictionary<string, string?> Said, bool Stopped);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ClusterFile))]
internal sealed partial class ClusterFileJson : JsonSerializerContext;
