using System.Text;

namespace OrleansGateway.Cli.Logs;

/// <summary>Reads a log file: its last lines, then what is added. It need not exist yet.</summary>
/// <param name="path">The file.</param>
internal sealed class LogReader(string path)
{
    private const int Block = 64 * 1024;

    private readonly List<byte> _rest = [];
    private long _position;

    /// <summary>The last lines. What is read after it goes on behind them.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        using var file = Open();
        if (file is null)
        {
            return [];
        }

        // Backwards, until there is one line end more than lines.
        var start = file.Length;
        var found = 0;
        var block = new byte[Block];
        while (start > 0 && found <= count)
        {
            var length = (int)Math.Min(Block, start);
            start -= length;
            file.Position = start;
            file.ReadExactly(block, 0, length);
            found += block.AsSpan(0, length).Count((byte)'\n');
        }

        _position = start;
        var lines = Next();
        return [.. lines.TakeLast(count)];
    }

    /// <summary>The lines that were added since; one that has no end yet waits for it.</summary>
    public IReadOnlyList<string> Next()
    {
        using var file = Open();
        if (file is null || file.Length == _position)
        {
            return [];
        }

        if (file.Length < _position)
        {
            // It was emptied, or is another one.
            _position = 0;
            _rest.Clear();
        }

        file.Position = _position;
        var lines = new List<string>();
        var block = new byte[Block];
        for (int read; (read = file.Read(block)) > 0;)
        {
            _position += read;
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

        return lines;
    }

    private FileStream? Open()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
