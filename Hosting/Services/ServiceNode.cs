namespace OrleansGateway.Hosting;

/// <summary>A service's place in the tree: its name, its state, its parts. All members may be called by any thread.</summary>
public sealed class ServiceNode
{
    private readonly ServiceTree _tree;
    private readonly ServiceNode? _parent;
    private readonly List<ServiceNode> _children = [];
    private long _began;
    private TimeSpan? _took;
    private DateTimeOffset _since;
    private string? _detail;

    internal ServiceNode(ServiceTree tree, ServiceNode? parent, string name)
    {
        (_tree, _parent, Name) = (tree, parent, name);
        Path = parent?._parent is null ? name : $"{parent.Path}/{name}";
        _since = tree.Time.GetUtcNow();
    }

    /// <summary>Its name, which no other part of the same service has.</summary>
    public string Name { get; }

    /// <summary>Its name after those of the services that it is a part of, without the root's: <c>chat/greeter</c>.</summary>
    public string Path { get; }

    /// <summary>How it is.</summary>
    public ServiceState State { get; private set; }

    /// <summary>What went wrong, in one line, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Adds a part behind the others that comes while the service runs.</summary>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    public ServiceNode Add(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ServiceNode child;
        lock (_tree.Lock)
        {
            if (_children.Exists(x => x.Name == name))
            {
                throw new InvalidOperationException($"The service '{Name}' has two parts named '{name}'.");
            }

            child = new ServiceNode(_tree, this, name);
            _children.Add(child);
        }

        _tree.Tell();
        return child;
    }

    /// <summary>Removes a part that is gone.</summary>
    public void Remove(ServiceNode child)
    {
        lock (_tree.Lock)
        {
            _children.Remove(child);
        }

        _tree.Tell();
    }

    /// <summary>Notes how it is. What is as it was is no news, and what failed stays so until it starts anew.</summary>
    /// <param name="state">The state.</param>
    /// <param name="detail">What there is to say of it, in a few words, or null.</param>
    public void Set(ServiceState state, string? detail = null)
    {
        lock (_tree.Lock)
        {
            if (state == ServiceState.Starting)
            {
                Error = null;
            }

            var next = Error is null ? state : ServiceState.Failed;
            if (next == State && detail == _detail)
            {
                return;
            }

            _detail = detail;
            if (next != State)
            {
                Become(next);
            }
        }

        _tree.Tell();
    }

    /// <summary>Notes that it failed, and with it all that it is a part of. The first error stays.</summary>
    /// <param name="error">Why, in one line.</param>
    public void Fail(string error)
    {
        lock (_tree.Lock)
        {
            Error ??= error;
            Become(ServiceState.Failed);
            for (var above = _parent; above is not null; above = above._parent)
            {
                above.Error ??= $"{Path}: {error}";
                above.Become(ServiceState.Failed);
            }
        }

        _tree.Tell();
    }

    /// <summary>How it and its parts are now.</summary>
    internal ServiceReport Report()
    {
        lock (_tree.Lock)
        {
            return new ServiceReport(Name, State, _since, _took is { } took ? (long)took.TotalMilliseconds : null, Error, _detail, [.. _children.Select(x => x.Report())]);
        }
    }

    // Under the lock.
    private void Become(ServiceState state)
    {
        if (state is ServiceState.Starting or ServiceState.Stopping)
        {
            (_began, _took) = (_tree.Time.GetTimestamp(), null);
        }
        else if (State is ServiceState.Starting or ServiceState.Stopping)
        {
            _took = _tree.Time.GetElapsedTime(_began);
        }

        if (State != state)
        {
            (State, _since) = (state, _tree.Time.GetUtcNow());
        }
    }
}
