using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Live;

/// <summary>What a key of <c>gateway up</c> asks for.</summary>
internal enum UpWish
{
    Nothing,

    /// <summary>Kill the node, or bring it back when it is gone.</summary>
    KillOrStart,

    /// <summary>Let the node stop by itself.</summary>
    Stop,

    /// <summary>End all.</summary>
    Quit,

    /// <summary>Say which keys there are.</summary>
    Help,
}

/// <summary>The keys of <c>gateway up</c>: a node's digit, <c>g</c> and a digit, <c>q</c>.</summary>
internal sealed class UpKeys
{
    private bool _gracefully;

    /// <summary>Takes a key.</summary>
    /// <returns>What is asked for, and of which node.</returns>
    public (UpWish Wish, int Node) Take(Key key)
    {
        var gracefully = _gracefully;
        _gracefully = false;
        if (key is { Kind: KeyKind.Character, Character.Value: >= '1' and <= '9' and var digit })
        {
            return (gracefully ? UpWish.Stop : UpWish.KillOrStart, digit - '0');
        }

        if (key.Is('g'))
        {
            _gracefully = true;
            return default;
        }

        return key.Is('q') ? (UpWish.Quit, 0)
            : key.Is('h') || key.Is('?') ? (UpWish.Help, 0)
            : default;
    }
}
