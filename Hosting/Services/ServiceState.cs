namespace OrleansGateway.Hosting;

/// <summary>How a service is.</summary>
public enum ServiceState
{
    /// <summary>It was not started yet.</summary>
    Waiting,

    /// <summary>It or a part of it starts.</summary>
    Starting,

    /// <summary>It and all of its parts have started.</summary>
    Running,

    /// <summary>It or a part of it stops.</summary>
    Stopping,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>It or a part of it did not start, ended by an error, or did not stop.</summary>
    Failed,
}
