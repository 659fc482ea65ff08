using System.Text;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Logs;

/// <summary>
/// Reads a log that is rotated: its last lines, then what is added. It need not exist yet. A file that got an older one's name meanwhile is
/// read to its end, then the next newer one from its beginning, so that no line is lost or comes twice.
/// </summary>
/// <param name="path">The file that is written to.</param>
internal sealed class LogReader(string path) : IDisposable
{
    private const int Block = 64 * 1024;

    // Of a system that is busy with rotating it is not known for sure which moment is seen.
    private const int MostLooks = 100;

    // The names of open files are those behind links.
    private readonly LogFiles _files = new(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path);
    private readonly List<byte> _rest = [];
    private FileStream? _file;

    public void Dispose() => _file?.Dispose();

    /// <summary>The last lines. What is read after it goes on behind them.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        var files = OpenAll();
        var first = files.Count - 1;
        for (long found = 0; first >= 0; first--)
        {
            found += Back(files[first], count - found);
            if (found > count || first == 0)
            {
                break;
            }
        }

        var lines = new List<string>();
        foreach (var file in files.Skip(first))
        {
            _file = file;
            Drain(lines);
        }

        foreach (var file in files.Where(x => x != _file))
        {
            file.Dispose();
        }

        return [.. lines.TakeLast(count)];
    }

    /// <summary>The lines that were added since; one that has no end yet waits for it.</summary>
    public IReadOnlyList<string> Next()
    {
        var lines = new List<string>();
        _file ??= Open(_files[0]);
        while (_file is not null)
        {
            Drain(lines);
            if (AgeOf(_file) is 0)
            {
                break;
            }

            // What was written until it got its new name. In the middle of a rotation the next one has none yet.
            Drain(lines);
            if (Newer(_file) is not { } newer)
            {
                break;
            }

            _file.Dispose();
            _file = newer;
            if (AgeOf(_file) is null)
            {
                Drain(lines);
                break;
            }
        }

        return lines;
    }

    // The file that was written to after another one. One that is no longer there was removed by somebody: it goes on with the newest.
    private FileStream? Newer(FileStream file)
    {
        while (true)
        {
            var age = AgeOf(file);
            var newer = Open(_files[age is null ? 0 : age.Value - 1]);
            if (newer is null || AgeOf(file) == age)
            {
                return newer;
            }

            newer.Dispose();
        }
    }

    /// <summary>How old an open file is by now; null when it is gone. Where the system can't tell it counts as the newest.</summary>
    private int? AgeOf(FileStream file) =>
        OperatingSystem.IsLinux()
            ? _files.AgeOf(new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget ?? string.Empty)
            : 0;

    // All files of one moment, the oldest first. In the middle of a rotation there is no newest.
    private List<FileStream> OpenAll()
    {
        for (var look = 1; ; look++)
        {
            var files = new List<FileStream>();
            var newest = Open(_files[0]);
            for (var file = newest ?? Open(_files[1]); file is not null; file = Open(_files[files.Count + (newest is null ? 1 : 0)]))
            {
                files.Add(file);
            }

            if (files.Select((x, i) => AgeOf(x) == i + (newest is null ? 1 : 0)).All(x => x) || look == MostLooks)
            {
                files.Reverse();
                return files;
            }

            files.ForEach(x => x.Dispose());
        }
    }

    // Backwards from the end of a file, until there is one line end more than lines.
    private static long Back(FileStream file, long count)
    {
        var start = file.Length;
        long found = 0;
        var block = new byte[Block];
        while (start > 0 && found <= count)
        {
            var length = (int)Math.Min(Block, start);
            start -= length;
            file.Position = start;
            file.ReadExactly(block, 0, length);
            found += block.AsSpan(0, length).Count((byte)'\n');
        }

        file.Position = start;
        return found;
    }

    private void Drain(List<string> lines)
    {
        if (_file!.Length < _file.Position)
        {
            // It was emptied.
            _file.Position = 0;
            _rest.Clear();
        }

        var block = new byte[Block];
        for (int read; (read = _file.Read(block)) > 0;)
        {
            foreach (var value in block.AsSpan(0, read))
            {
                if (value != '\n')
                {
                    _rest.Add(value);
                    continue;
                }

                lines.Add(Encoding.UTF8.GetString([.. _rest]).TrimEnd('\r'));
                _rest.Clear();
            }
        }
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
