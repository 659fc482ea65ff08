namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>The calls that a node's grains and clients make, in which a test may meddle.</summary>
internal sealed class GrainCalls : IOutgoingGrainCallFilter
{
    private volatile Func<IOutgoingGrainCallContext, Task> _make = static x => x.Invoke();

    /// <summary>Makes calls as the function says, from now on.</summary>
    public void Make(Func<IOutgoingGrainCallContext, Task> how) => _make = how;

    public Task Invoke(IOutgoingGrainCallContext context) => _make(context);
}
