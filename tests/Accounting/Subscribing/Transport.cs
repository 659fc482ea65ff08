using System.Net;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>A way to subscribe: reads one connection and notes what comes. It ends when the stream does, however.</summary>
internal abstract class Transport
{
    internal static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(3), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public abstract string Name { get; }

    public abstract Promise Promise { get; }

    /// <summary>How long a subscriber rests before it connects again.</summary>
    public virtual TimeSpan Rest => TimeSpan.FromMilliseconds(200);

    public abstract Task Read(Notes notes, CancellationToken cancellationToken);

    /// <summary>Opens a response; null, and noted, where it is not what a subscription gets.</summary>
    private protected static async Task<HttpResponseMessage?> Open(Notes notes, string query, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, notes.Address(query));
        if (notes.ResumesByHeader)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", notes.After!.Value.ToString());
        }

        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        notes.Alive();
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent)
        {
            return response;
        }

        notes.Answered((int)response.StatusCode, response.ReasonPhrase);
        response.Dispose();
        return null;
    }
}
