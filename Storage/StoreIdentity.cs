using System.Globalization;
using OrleansGateway.Channels;

namespace OrleansGateway.Storage;

/// <summary>
/// Which store this is: a random id, with which the epochs of its channels begin. It becomes another one when messages may
/// have been lost: the machine stopped while a file was open, or a file is gone. Then offsets may come again, and must
/// not be taken for the old ones.
/// </summary>
/// <param name="Id">8 letters and digits, a letter first.</param>
/// <param name="Boot">The start of the machine (<c>/proc/sys/kernel/random/boot_id</c>) in which it was made.</param>
internal sealed record StoreIdentity(string Id, string Boot)
{
    /// <summary>How long an id is.</summary>
    public const int IdLength = Epochs.Length;

    private const string Prefix = "store-";

    /// <summary>The epoch of a channel that was deleted so many times.</summary>
    public string EpochAfter(long deletions)
    {
        var suffix = string.Empty;
        for (; deletions > 0; deletions /= 36)
        {
            suffix = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(deletions % 36)] + suffix;
        }

        return Id + suffix;
    }

    /// <summary>The epoch after the deletion of a channel that had <paramref name="epoch"/>, also where the store was another then.</summary>
    public string EpochAfterDeletionOf(string epoch) => EpochAfter(DeletionsIn(epoch) + 1);

    /// <summary>The epoch that goes on with what was <paramref name="epoch"/>: the same, unless the store is another now.</summary>
    public string EpochAfter(string epoch) =>
        epoch.StartsWith(Id, StringComparison.Ordinal) ? epoch : EpochAfter(DeletionsIn(epoch));

    /// <summary>The start of this machine; empty where the system does not say it.</summary>
    public static string CurrentBoot()
    {
        const string file = "/proc/sys/kernel/random/boot_id";
        return File.Exists(file) ? File.ReadAllText(file).Trim() : string.Empty;
    }

    /// <summary>The newest identity in a directory and its number; null and 0 where there is none.</summary>
    public static (StoreIdentity? Identity, int Number) Newest(string directory)
    {
        var number = Directory.EnumerateFiles(directory, Prefix + "*")
            .Select(x => int.TryParse(System.IO.Path.GetFileName(x).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
            .DefaultIfEmpty()
            .Max();
        if (number == 0)
        {
            return (null, 0);
        }

        var lines = File.ReadAllLines(PathOf(directory, number));
        return (new StoreIdentity(lines[0], lines.ElementAtOrDefault(1) ?? string.Empty), number);
    }

    /// <summary>Writes the identity that follows one that is numbered; only one of several nodes succeeds.</summary>
    /// <returns>Whether it was this one.</returns>
    public static bool TryFollow(string directory, int number, StoreIdentity next)
    {
        var made = System.IO.Path.Combine(directory, $"new-{Guid.NewGuid():N}");
        using (var file = new FileStream(made, FileMode.CreateNew))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{next.Id}\n{next.Boot}\n"));
            file.Flush(flushToDisk: true);
        }

        return WholeFile.TryPlace(made, PathOf(directory, number + 1));
    }

    public static StoreIdentity New(string boot) => new(Epochs.New(), boot);

    private static long DeletionsIn(string epoch)
    {
        var deletions = 0L;
        foreach (var c in epoch.AsSpan(Math.Min(IdLength, epoch.Length)))
        {
            deletions = (deletions * 36) + (char.IsAsciiDigit(c) ? c - '0' : c - 'a' + 10);
        }

        return deletions;
    }

    private static string PathOf(string directory, int number) =>
        System.IO.Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}"));
}
