namespace OrleansGateway.Cli.Live;

/// <summary>The bridge has an owner, or another one.</summary>
/// <param name="Owner">The node that owns it now.</param>
/// <param name="Before">The node that owned it before; null when it is the first one that is seen.</param>
/// <param name="Took">How long after the death of that one was seen; null when it did not die.</param>
internal sealed record BridgeChange(string Owner, string? Before, TimeSpan? Took);

/// <summary>
/// Makes out who owns the bridge from what the nodes say, each of which may be behind: after a death the first word of an
/// owner that lives counts; while the owner lives, another one counts when nobody names the old one any more.
/// </summary>
internal sealed class BridgeWatch
{
    private readonly Dictionary<string, string> _claims = [];
    private readonly HashSet<string> _down = [];
    private string? _before;
    private TimeSpan? _lostAt;

    /// <summary>The node that owns the bridge; null when none is known.</summary>
    public string? Owner { get; private set; }

    /// <summary>A node says who owns the bridge.</summary>
    /// <param name="from">Who says so.</param>
    /// <param name="owner">The owner, or null.</param>
    /// <param name="now">Now, on a clock that never goes back.</param>
    /// <returns>What is new, or null.</returns>
    public BridgeChange? Report(string from, string? owner, TimeSpan now)
    {
        if (_down.Contains(from) || owner is null || _down.Contains(owner))
        {
            _claims.Remove(from);
            return null;
        }

        _claims[from] = owner;
        if (owner == Owner || (Owner is not null && _claims.Values.Any(x => x != owner)))
        {
            return null;
        }

        var change = new BridgeChange(owner, Owner ?? _before, now - _lostAt);
        (Owner, _before, _lostAt) = (owner, null, null);
        return change;
    }

    /// <summary>A node is gone.</summary>
    public void Lost(string node, TimeSpan now)
    {
        _down.Add(node);
        _claims.Remove(node);
        foreach (var stale in _claims.Where(x => x.Value == node).Select(x => x.Key).ToArray())
        {
            _claims.Remove(stale);
        }

        if (Owner == node)
        {
            (Owner, _before, _lostAt) = (null, node, now);
        }
    }

    /// <summary>A node works that was gone.</summary>
    public void Returned(string node) => _down.Remove(node);
}
