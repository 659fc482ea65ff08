using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>A service made of services: starts them in order, stops them in reverse, and takes down what had started where one does not.</summary>
internal sealed class CompositeService(ServiceNode node) : IServiceMember
{
    /// <summary>What a member may take beyond its time-out, once it was told that its time is over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Stack<IServiceMember> _started = [];

    public ServiceNode Node => node;

    public List<IServiceMember> Members { get; } = [];

    public TimeSpan StartTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    public TimeSpan StopTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    public IEnumerable<IHostedService> Hosted => Members.SelectMany(x => x.Hosted);

    public void Create(IServiceProvider services, Action<ServiceNode, Exception> onFailure)
    {
        foreach (var member in Members)
        {
            try
            {
                member.Create(services, onFailure);
            }
            catch (Exception exception) when (exception is not ServiceFailedException)
            {
                throw Failed(exception);
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        node.Set(ServiceState.Starting);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartTimeout);
        try
        {
            foreach (var member in Members)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Within(member.StartAsync(limit.Token), limit.Token);
                _started.Push(member);

                // One that took no notice of it was too late all the same, and what had started before may have ended by it.
                limit.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            await TakeDown(CancellationToken.None);
            node.Set(ServiceState.Stopped);
            throw;
        }
        catch (Exception exception)
        {
            var failure = exception as ServiceFailedException
                ?? Failed(limit.IsCancellationRequested ? new TimeoutException($"it did not start within {StartTimeout.TotalSeconds:0.###} s", exception) : exception);
            await TakeDown(CancellationToken.None);
            throw failure;
        }

        node.Set(ServiceState.Running);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_started.Count == 0)
        {
            if (node.State == ServiceState.Running)
            {
                node.Set(ServiceState.Stopped);
            }

            return;
        }

        node.Set(ServiceState.Stopping);
        var failures = await TakeDown(cancellationToken);
        node.Set(ServiceState.Stopped);
        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : new AggregateException(failures);
        }
    }

    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        var failures = new List<Exception>();
        foreach (var member in Members)
        {
            try
            {
                await member.ReloadAsync(cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(exception as ServiceFailedException ?? new ServiceFailedException(node.Path, exception));
            }
        }

        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : new AggregateException(failures);
        }
    }

    private ServiceFailedException Failed(Exception exception)
    {
        var failure = new ServiceFailedException(node.Path, exception);
        node.Fail(GatewayConfiguration.InOneLine(exception));
        return failure;
    }

    private async Task<List<Exception>> TakeDown(CancellationToken cancellationToken)
    {
        var failures = new List<Exception>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopTimeout);
        while (_started.TryPop(out var member))
        {
            try
            {
                await Within(member.StopAsync(limit.Token), limit.Token);
            }
            catch (Exception exception) when (exception is ServiceFailedException or AggregateException)
            {
                failures.Add(exception);
            }
            catch (Exception exception)
            {
                failures.Add(Failed(
                    cancellationToken.IsCancellationRequested ? new TimeoutException("it had not stopped when the time for all was over", exception)
                    : limit.IsCancellationRequested ? new TimeoutException($"it did not stop within {StopTimeout.TotalSeconds:0.###} s", exception)
                    : exception));
            }
        }

        return failures;
    }

    // Who does not heed the token is left behind.
    private static async Task Within(Task work, CancellationToken limit)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = limit.Register(over.SetResult);
        if (await Task.WhenAny(work, over.Task) != work)
        {
            await work.WaitAsync(Grace, CancellationToken.None);
        }

        await work;
    }
}
