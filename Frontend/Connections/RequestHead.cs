using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OrleansGateway.Connections;

/// <summary>How much of a request head is there.</summary>
internal enum HeadReading
{
    /// <summary>More has to come.</summary>
    Incomplete,

    /// <summary>It is not of the plain kind that is read here: the web server reads it.</summary>
    NotPlain,

    /// <summary>It is whole.</summary>
    Plain,
}

/// <summary>
/// Reads the head of a plain HTTP/1.1 request (RFC 9112), and refuses to read any other: a GET without a body, or a POST or PUT with a
/// length; a path of plain characters that belongs to no part of the system; headers without anything that changes how a
/// message is framed. So nothing that is doubtful, and no rule for what is malformed, is here.
/// </summary>
internal ref struct RequestHead
{
    /// <summary>The longest head that is read here, in bytes.</summary>
    public const int MaxBytes = 8 * 1024;

    private const int MaxHeaders = 48;

    private static readonly SearchValues<byte> PathBytes = AlphanumericAnd("-._~/,*@:$!()+;=&'"u8);
    private static readonly SearchValues<byte> QueryBytes = AlphanumericAnd("-._~/,*@:$!()+;=&'%?"u8);
    private static readonly SearchValues<byte> HostBytes = AlphanumericAnd("-._"u8);
    private static readonly SearchValues<byte> NameBytes = AlphanumericAnd("-_"u8);

    // Of printable ASCII and tabs.
    private static readonly SearchValues<byte> ValueBytes = SearchValues.Create([(byte)'\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(x => (byte)x)]);

    /// <summary>The method.</summary>
    public ReadOnlySpan<byte> Method;

    /// <summary>The path, which begins with a slash.</summary>
    public ReadOnlySpan<byte> Path;

    /// <summary>The query with its question mark, or nothing.</summary>
    public ReadOnlySpan<byte> Query;

    /// <summary>The lines of the headers.</summary>
    public ReadOnlySpan<byte> Headers;

    /// <summary>The value of Accept, Content-Type and Idempotency-Key; empty where there is none.</summary>
    public ReadOnlySpan<byte> Accept;
    public ReadOnlySpan<byte> ContentType;
    public ReadOnlySpan<byte> IdempotencyKey;

    /// <summary>How long the body is; -1 without one.</summary>
    public int ContentLength;

    /// <summary>How long the head is.</summary>
    public int Length;

    private bool _hasHost;
    private bool _hasConnection;
    private bool _isUpgrade;
    private bool _isConnectionUpgrade;
    private bool _isPlain;

    public readonly bool IsGet => Method.Length == 3 && Method[0] == 'G';

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">What came so far.</param>
    /// <param name="head">The head.</param>
    public static HeadReading Read(ReadOnlySpan<byte> bytes, out RequestHead head)
    {
        head = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length >= MaxBytes || !MayBegin(bytes) ? HeadReading.NotPlain : HeadReading.Incomplete;
        }

        if (end > MaxBytes)
        {
            return HeadReading.NotPlain;
        }

        head.Length = end + 4;
        head.ContentLength = -1;
        var line = bytes.IndexOf("\r\n"u8);
        head.Headers = line == end ? default : bytes[(line + 2)..(end + 2)];
        return head.ReadLine(bytes[..line]) && head.ReadHeaders() ? HeadReading.Plain : HeadReading.NotPlain;
    }

    /// <summary>Takes the next header of <paramref name="lines"/>, which were read.</summary>
    public static bool Next(scoped ref ReadOnlySpan<byte> lines, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var end = lines.IndexOf((byte)'\r');
        if (end < 0 || end + 1 == lines.Length || lines[end + 1] != '\n')
        {
            name = value = default;
            return false;
        }

        var line = lines[..end];
        lines = lines[(end + 2)..];
        var colon = line.IndexOf((byte)':');
        name = colon < 0 ? default : line[..colon];
        value = line[(colon + 1)..].Trim(" \t"u8);
        return true;
    }

    private static bool MayBegin(ReadOnlySpan<byte> bytes)
    {
        return Begins(bytes, "GET /"u8) || Begins(bytes, "POST /"u8) || Begins(bytes, "PUT /"u8);

        static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> with) =>
            bytes.Length < with.Length ? with.StartsWith(bytes) : bytes.StartsWith(with);
    }

    private bool ReadLine(ReadOnlySpan<byte> line)
    {
        if (!MayBegin(line) || !line.EndsWith(" HTTP/1.1"u8))
        {
            return false;
        }

        var space = line.IndexOf((byte)' ');
        Method = line[..space];
        var target = line[(space + 1)..^" HTTP/1.1".Length];
        var query = target.IndexOf((byte)'?');
        Path = query < 0 ? target : target[..query];
        Query = query < 0 ? default : target[query..];

        // A segment that is empty or begins with a dot needs a look at the rules; so do the system's own.
        return Path.Length > 1 && Path[1] is not ((byte)'-' or (byte)'.' or (byte)'/')
            && !Path.ContainsAnyExcept(PathBytes) && !Query.ContainsAnyExcept(QueryBytes)
            && Path.IndexOf("//"u8) < 0 && Path.IndexOf("/."u8) < 0
            && !Path.SequenceEqual("/favicon.ico"u8) && !Path.SequenceEqual("/robots.txt"u8);
    }

    private bool ReadHeaders()
    {
        _isPlain = true;
        var lines = Headers;
        for (var count = 0; _isPlain && Next(ref lines, out var name, out var value); count++)
        {
            _isPlain = count < MaxHeaders && !name.IsEmpty && !name.ContainsAnyExcept(NameBytes) && !value.ContainsAnyExcept(ValueBytes);
            if (_isPlain)
            {
                Take(name, value);
            }
        }

        // Each line ends with both characters of a line's end, and has none of them within.
        return _isPlain && lines.IsEmpty && _hasHost && _isUpgrade == _isConnectionUpgrade
            && (IsGet ? ContentLength < 0 : ContentLength >= 0 && Query.IsEmpty && !_isUpgrade);
    }

    // Only names of these lengths mean anything here.
    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (name.Length)
        {
            case 4 when Is(name, "host"u8):
                _isPlain = !_hasHost && IsHost(value);
                _hasHost = true;
                break;
            case 6 when Is(name, "accept"u8):
                _isPlain = Accept.IsEmpty;
                Accept = value;
                break;
            case 6 when Is(name, "origin"u8):
                _isPlain = IsGet;
                break;
            case 7 when Is(name, "upgrade"u8):
                _isPlain = IsGet && !_isUpgrade;
                _isUpgrade = true;
                break;
            case 10 when Is(name, "connection"u8):
                _isConnectionUpgrade = Is(value, "upgrade"u8) || Is(value, "keep-alive, upgrade"u8);
                _isPlain = !_hasConnection && (Is(value, "keep-alive"u8) || _isConnectionUpgrade);
                _hasConnection = true;
                break;
            case 12 when Is(name, "content-type"u8):
                _isPlain = ContentType.IsEmpty && value.Length is > 0 and <= 256;
                ContentType = value;
                break;
            case 14 when Is(name, "content-length"u8):
                _isPlain = ContentLength < 0 && value.Length is > 0 and < 9 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                    && Utf8Parser.TryParse(value, out ContentLength, out var used) && used == value.Length;
                break;
            case 15 when Is(name, "idempotency-key"u8):
                _isPlain = IdempotencyKey.IsEmpty && !value.IsEmpty;
                IdempotencyKey = value;
                break;
            case 6 when Is(name, "expect"u8):
            case 7 when Is(name, "trailer"u8):
            case 16 when Is(name, "content-encoding"u8):
            case 17 when Is(name, "transfer-encoding"u8):
                _isPlain = false;
                break;
        }
    }

    private static bool IsHost(ReadOnlySpan<byte> value)
    {
        var colon = value.IndexOf((byte)':');
        var host = colon < 0 ? value : value[..colon];
        var port = colon < 0 ? "0"u8 : value[(colon + 1)..];
        return !host.IsEmpty && !host.ContainsAnyExcept(HostBytes) && port.Length is > 0 and <= 5 && !port.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool Is(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(bytes, lower);

    private static SearchValues<byte> AlphanumericAnd(ReadOnlySpan<byte> others) =>
        SearchValues.Create([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8, .. others]);
}
