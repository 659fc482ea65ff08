using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Cli.Publishing;

/// <summary>What a publisher prints: the id of each message, in the order of the lines.</summary>
/// <param name="channel">The channel.</param>
/// <param name="asJson">Whether as JSON objects.</param>
/// <param name="write">Where it is printed; false when nobody reads any more.</param>
/// <param name="warn">What is said of that which went wrong.</param>
internal sealed class PublishReport(string channel, bool asJson, Func<ReadOnlySpan<byte>, bool> write, Action<string> warn)
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private (string Epoch, long Offset) _last = (string.Empty, 0);
    private bool _unread;
    private volatile bool _printing;

    /// <summary>Whether it prints at this moment: whoever reads that may hold it up.</summary>
    public bool IsPrinting => _printing;

    /// <summary>How many were acknowledged.</summary>
    public long Published { get; private set; }

    /// <summary>How many were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>How many came after one that stands behind them.</summary>
    public long Late { get; private set; }

    /// <summary>A line has its place in the channel.</summary>
    public void Acknowledged(long line, string id)
    {
        Published++;
        FindLate(id);
        if (_unread)
        {
            return;
        }

        if (asJson)
        {
            using var json = new Utf8JsonWriter(_output);
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("id", id);
            json.WriteString("channel", channel);
            json.WriteEndObject();
        }
        else
        {
            Encoding.ASCII.GetBytes(id, _output);
        }

        _output.Write("\n"u8);
    }

    /// <summary>A line is none that can be published.</summary>
    public void Refuse(long line, string why)
    {
        Refused++;
        Warn($"line {line} was not published: {why}");
    }

    /// <summary>Something else goes wrong.</summary>
    public void Warn(string text)
    {
        Flush();
        Print(() => warn(text));
    }

    /// <summary>Prints what there is. That nobody reads it ends no publishing.</summary>
    public void Flush()
    {
        if (_output.WrittenCount > 0)
        {
            Print(() => _unread = !write(_output.WrittenSpan));
            _output.ResetWrittenCount();
        }
    }

    private void Print(Action print)
    {
        _printing = true;
        print();
        _printing = false;
    }

    // Only where a channel was out of reach for so long that a node gave up one line and took the next.
    private void FindLate(string id)
    {
        var dash = id.LastIndexOf('-');
        if (dash > 0 && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            var epoch = id.AsSpan(0, dash);
            var same = epoch.SequenceEqual(_last.Epoch);
            Late += same && offset < _last.Offset ? 1 : 0;
            _last = (same ? _last.Epoch : epoch.ToString(), offset);
        }
    }
}
