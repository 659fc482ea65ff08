namespace OrleansGateway.Hosting;

/// <summary>The services that a process is made of, and how they are.</summary>
public sealed class ServiceTree
{
    internal ServiceTree(string name, TimeProvider time)
    {
        Time = time;
        Root = new ServiceNode(this, null, name);
        Service = new CompositeService(Root);
    }

    /// <summary>The process as a service.</summary>
    public ServiceNode Root { get; }

    /// <summary>Why the process can't go on: what a service threw that was running. Null while all is well.</summary>
    public ServiceFailedException? Failure { get; private set; }

    /// <summary>Something is not as it was. Called by whoever changed it, which must not be held up.</summary>
    public event Action? Changed;

    internal TimeProvider Time { get; }

    internal Lock Lock { get; } = new();

    internal CompositeService Service { get; }

    /// <summary>How all services are now.</summary>
    public ServiceReport Report() => Root.Report();

    internal void Tell() => Changed?.Invoke();

    internal void NoteFailure(ServiceFailedException failure)
    {
        lock (Lock)
        {
            Failure ??= failure;
        }
    }
}
