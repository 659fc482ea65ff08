using OrleansGateway.Cli.Status;

namespace OrleansGateway.Cli.Live;

/// <summary>Asks nodes how they see the cluster, again and again over the same connections.</summary>
internal sealed class ClusterPoll : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null })
    {
        Timeout = AnswerTime,
    };

    /// <summary>The cluster as a node sees it; null when it does not answer in a second, or not in the right form.</summary>
    public async Task<ClusterReport?> AskAsync(Uri node, CancellationToken cancellationToken)
    {
        try
        {
            return ClusterReport.Parse(await _http.GetByteArrayAsync(new Uri(node, "/-/cluster"), cancellationToken));
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}
