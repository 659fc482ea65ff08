using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansGateway.Hosting;
using OrleansGateway.Logs;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>
/// The directory that the nodes of a machine share: a file for each node that runs at a time, a lock beside each, the
/// counters and the identity. A lock is the system's, so it ends with its process; it is never waited for.
/// </summary>
/// <remarks>
/// A lock file names the start of the machine in which its file was opened, or says that the file was closed in good order: so the
/// next start knows whether the machine stopped meanwhile. It is empty before its file was made.
/// </remarks>
internal sealed partial class StoreDirectory : IDisposable
{
    /// <summary>The most files, and so the most nodes at a time: their number is the low part of a term.</summary>
    public const int MaxFiles = 1 << FileBits;

    private const int FileBits = 10;
    private const string Clean = "clean";
    private const string Damaged = "damaged";
    private const string Lost = "lost";

    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<int, LogFile> _files = new();
    private readonly string _boot = StoreIdentity.CurrentBoot();

    /// <summary>Opens the directory and makes what is missing.</summary>
    public StoreDirectory(string directory, ILogger logger)
    {
        (_directory, _logger) = (directory, logger);
        Directory.CreateDirectory(directory);
        Identify();
        Counters = new ClaimCounters(Path.Combine(directory, "claims"));
    }

    public ClaimCounters Counters { get; }

    /// <summary>The term of a file that is not below a number.</summary>
    public static long TermOf(long atLeast, int file) => (atLeast & ~(MaxFiles - 1L)) + file >= atLeast
        ? (atLeast & ~(MaxFiles - 1L)) + file
        : (atLeast & ~(MaxFiles - 1L)) + MaxFiles + file;

    /// <summary>The number of the file that a term's owner writes.</summary>
    public static int FileOf(long term) => (int)(term & (MaxFiles - 1));

    /// <summary>The term that a moment stands for: later moments have higher terms.</summary>
    public static long TermAt(long ms) => ms << FileBits;

    /// <summary>The store's identity as it is now.</summary>
    public StoreIdentity Identity() => StoreIdentity.Newest(_directory).Identity
        ?? throw new LogException(LogFault.Unavailable, $"The store in {_directory} was removed while it was used.");

    /// <summary>The files as they are now.</summary>
    public List<LogFile> Files()
    {
        var files = new List<LogFile>();
        foreach (var path in Directory.EnumerateFiles(_directory, "log-*.db"))
        {
            if (NumberOf(path) is { } number)
            {
                files.Add(_files.GetOrAdd(number, static (n, path) => new LogFile(path, n), path));
            }
        }

        return files;
    }

    /// <summary>A file by its number, or null where it is gone.</summary>
    public LogFile? File(int number) =>
        _files.TryGetValue(number, out var file) ? file : Files().Find(x => x.Number == number);

    /// <summary>Takes a file that nobody holds, or makes one.</summary>
    /// <exception cref="LogException">It is of a later version.</exception>
    public (int Number, FileStream Lock, Database Database) Hold()
    {
        for (var number = 1; number < MaxFiles; number++)
        {
            if (TryLock(number) is { } held)
            {
                try
                {
                    var database = LogFile.OpenForWriting(PathOf(number), waitForDisk: _boot.Length == 0);
                    Mark(held, _boot);
                    CheckOthers(number);
                    return (number, held, database);
                }
                catch (SqliteError error) when (error.IsDamage)
                {
                    SetAside(number, held, error);
                }
                catch
                {
                    held.Dispose();
                    throw;
                }
            }
        }

        throw new LogException(LogFault.Unavailable, $"The store in {_directory} has no place for one more node: {MaxFiles - 1} run.");
    }

    // A damaged file that nobody holds would keep all channels from being opened.
    private void CheckOthers(int own)
    {
        foreach (var number in Files().Select(x => x.Number).Where(x => x != own))
        {
            if (TryLock(number) is { } held)
            {
                try
                {
                    LogFile.OpenForWriting(PathOf(number), waitForDisk: false).Dispose();
                    held.Dispose();
                }
                catch (SqliteError error) when (error.IsDamage)
                {
                    SetAside(number, held, error);
                }
                catch
                {
                    held.Dispose();
                    throw;
                }
            }
        }
    }

    /// <summary>Takes a file that nobody holds, to tidy it up. It is as clean afterwards as before: what was tidied may come back.</summary>
    public (FileStream Lock, Database Database)? TryHold(int number)
    {
        if (!System.IO.File.Exists(PathOf(number)) || TryLock(number) is not { } held)
        {
            return null;
        }

        try
        {
            return (held, LogFile.OpenForWriting(PathOf(number), waitForDisk: _boot.Length == 0));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Gives a file back, all of which has reached the disk.</summary>
    public static void ReleaseClean(FileStream held)
    {
        Mark(held, Clean);
        held.Dispose();
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    private FileStream? TryLock(int number)
    {
        var held = LockFile.TryTake(LockOf(number));
        if (held is not null && Read(held) is Damaged or Lost)
        {
            held.Dispose();
            return null;
        }

        return held;
    }

    private static string Read(FileStream held)
    {
        Span<byte> bytes = stackalloc byte[64];
        held.Position = 0;
        return Encoding.ASCII.GetString(bytes[..held.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)]);
    }

    private static void Mark(FileStream held, string text)
    {
        held.Position = 0;
        held.Write(Encoding.ASCII.GetBytes(text));
        held.SetLength(text.Length);
        held.Flush(flushToDisk: true);
    }

    /// <summary>Finds out which store this is, before anything of it is opened.</summary>
    private void Identify()
    {
        while (true)
        {
            var (identity, number) = StoreIdentity.Newest(_directory);
            var loss = identity is null ? null : Loss(identity);
            if (identity is not null && identity.Boot == _boot && loss is null)
            {
                return;
            }

            var next = identity is null || loss is not null ? StoreIdentity.New(_boot) : identity with { Boot = _boot };
            if (StoreIdentity.TryFollow(_directory, number, next))
            {
                if (loss is not null)
                {
                    LogLoss(_directory, loss);
                }

                // What was lost is counted once. Its number is not used again: others may still have the old file open.
                foreach (var orphan in Orphans().ToList())
                {
                    using var held = LockFile.TryTake(orphan);
                    if (held is not null)
                    {
                        Mark(held, Lost);
                    }
                }

                return;
            }
        }
    }

    private string? Loss(StoreIdentity identity)
    {
        if (Orphans().FirstOrDefault() is { } orphan)
        {
            return $"{Path.ChangeExtension(Path.GetFileName(orphan), "db")} is gone";
        }

        if (identity.Boot == _boot)
        {
            return null;
        }

        // Only of an earlier start: a node that starts at the same time may have opened its file already.
        var open = Locks().FirstOrDefault(x => x.Text != Clean && x.Text != _boot).Path;
        return open is null ? null : $"the machine stopped while {Path.ChangeExtension(Path.GetFileName(open), "db")} was in use";
    }

    // Locks whose files are gone.
    private IEnumerable<string> Orphans() => Locks().Where(x => !System.IO.File.Exists(Path.ChangeExtension(x.Path, "db"))).Select(x => x.Path);

    /// <summary>The locks that nobody holds, of files that were made, and what they say.</summary>
    private IEnumerable<(string Path, string Text)> Locks()
    {
        foreach (var path in Directory.EnumerateFiles(_directory, "log-*.lock"))
        {
            string text;
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 0);
                text = Read(file);
            }
            catch (IOException)
            {
                continue;
            }

            if (text is not ("" or Damaged or Lost))
            {
                yield return (path, text);
            }
        }
    }

    private void SetAside(int number, FileStream held, Exception error)
    {
        var path = PathOf(number);
        var aside = $"{path}.damaged-{Guid.NewGuid():N}";
        LogDamaged(error, path, aside);

        // Before the file is gone: who does not find it any more finds the new identity then.
        while (true)
        {
            var (_, newest) = StoreIdentity.Newest(_directory);
            if (StoreIdentity.TryFollow(_directory, newest, StoreIdentity.New(_boot)))
            {
                break;
            }
        }

        foreach (var suffix in (string[])["-wal", "-shm"])
        {
            if (System.IO.File.Exists(path + suffix))
            {
                System.IO.File.Move(path + suffix, aside + suffix);
            }
        }

        System.IO.File.Move(path, aside);

        // Its number is not used again: others may still have the old file open.
        Mark(held, Damaged);
        held.Dispose();
    }

    private static int? NumberOf(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path).AsSpan("log-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private string PathOf(int number) => Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"log-{number}.db"));

    private string LockOf(int number) => Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"log-{number}.lock"));

    [LoggerMessage(1, LogLevel.Warning, "Store {Directory}: {Loss}. Messages may be lost, so all channels go on with new epochs")]
    private partial void LogLoss(string directory, string loss);

    [LoggerMessage(2, LogLevel.Error, "The store's file {File} is damaged. It is kept as {Aside}; the messages in it are lost, and all channels go on with new epochs")]
    private partial void LogDamaged(Exception error, string file, string aside);
}
