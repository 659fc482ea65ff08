using System.Text;

namespace OrleansGateway.Cli.Terminal;

/// <summary>A key that is no character.</summary>
internal enum KeyKind
{
    Character,
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// <summary>A key that was pressed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Character">The character of one that is.</param>
internal readonly record struct Key(KeyKind Kind, Rune Character = default)
{
    private const byte Escape = 0x1b;

    /// <summary>Whether it is this character.</summary>
    public bool Is(char character) => Kind == KeyKind.Character && Character.Value == character;

    /// <summary>The keys that a terminal sent, read at once; of those that it does not know, nothing.</summary>
    public static IReadOnlyList<Key> Parse(ReadOnlySpan<byte> bytes)
    {
        var keys = new List<Key>();
        while (!bytes.IsEmpty)
        {
            if (bytes[0] == Escape && bytes.Length > 1 && bytes[1] is (byte)'[' or (byte)'O')
            {
                var end = 2;
                while (end < bytes.Length && bytes[end] is < 0x40 or > 0x7e)
                {
                    end++;
                }

                if (end < bytes.Length && Special(bytes[2..(end + 1)]) is { } kind)
                {
                    keys.Add(new Key(kind));
                }

                bytes = bytes[Math.Min(end + 1, bytes.Length)..];
                continue;
            }

            _ = Rune.DecodeFromUtf8(bytes, out var rune, out var length);
            bytes = bytes[Math.Max(1, length)..];
            switch (rune.Value)
            {
                case Escape: keys.Add(new Key(KeyKind.Escape)); break;
                case '\r' or '\n': keys.Add(new Key(KeyKind.Enter)); break;
                case 0x7f or '\b': keys.Add(new Key(KeyKind.Backspace)); break;
                case >= ' ' and not 0xfffd: keys.Add(new Key(KeyKind.Character, rune)); break;
            }
        }

        return keys;
    }

    private static KeyKind? Special(ReadOnlySpan<byte> code) => code switch
    {
        [.., (byte)'A'] => KeyKind.Up,
        [.., (byte)'B'] => KeyKind.Down,
        [.., (byte)'C'] => KeyKind.Right,
        [.., (byte)'D'] => KeyKind.Left,
        [.., (byte)'H'] or [(byte)'1' or (byte)'7', (byte)'~'] => KeyKind.Home,
        [.., (byte)'F'] or [(byte)'4' or (byte)'8', (byte)'~'] => KeyKind.End,
        [(byte)'5', (byte)'~'] => KeyKind.PageUp,
        [(byte)'6', (byte)'~'] => KeyKind.PageDown,
        _ => null,
    };
}
