using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Membership;

/// <summary>Says at start what development clustering cannot survive.</summary>
internal sealed partial class DevelopmentNotice(ILogger<DevelopmentNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        LogNotice();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "Membership is 'development': the table of nodes is in the memory of node 1. Any other node may die and come back; when node 1 dies, "
        + "the others do not recover and all have to be started anew. The default, --membership local, survives the death of any node")]
    private partial void LogNotice();
}
