using System.Net;
using System.Text.Json;

namespace OrleansGateway.Cli.Nodes;

/// <summary>Asks nodes over HTTP, and tells what passes from what never will.</summary>
internal sealed class NodeClient : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _http;

    /// <param name="ring">The nodes: to those of this machine no proxy leads.</param>
    public NodeClient(NodeRing ring) => _http = new HttpMessageInvoker(new SocketsHttpHandler
    {
        UseProxy = !ring.Current.IsLoopback,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTime,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
    });

    public void Dispose() => _http.Dispose();

    /// <summary>Sends a request and waits for the head of its answer.</summary>
    /// <exception cref="NodeFailure">There is none in time, or the connection broke.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(limit);
        try
        {
            return await _http.SendAsync(request, timeout.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new NodeFailure($"{Root(request.RequestUri!)}: {Innermost(exception).Message}", Connected(exception));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Who can't be connected to ends it before the limit does.
            var connected = timeout.IsCancellationRequested;
            throw new NodeFailure($"{Root(request.RequestUri!)} does not answer within {(connected ? limit : ConnectTime).TotalSeconds:0.#} s", connected);
        }
    }

    /// <summary>Reads the body of an answer, which is short.</summary>
    /// <exception cref="NodeFailure">It does not come in time, or the connection broke.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AnswerTime);
        try
        {
            return await response.Content.ReadAsByteArrayAsync(limit.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new NodeFailure($"{Root(response.RequestMessage!.RequestUri!)}: {Innermost(exception).Message}", reached: true);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new NodeFailure($"{Root(response.RequestMessage!.RequestUri!)} does not end its answer within {AnswerTime.TotalSeconds:0.#} s", reached: true);
        }
    }

    /// <summary>Throws when an answer is none of success.</summary>
    /// <exception cref="NodeFailure">It may be another one later, or of another node.</exception>
    /// <exception cref="CommandFailure">It never will.</exception>
    public static async Task CheckAsync(HttpResponseMessage response, CancellationToken stop)
    {
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.SwitchingProtocols)
        {
            return;
        }

        var detail = await DetailAsync(response, stop);
        if (Passes(response.StatusCode))
        {
            throw new NodeFailure(detail, reached: true);
        }

        throw new CommandFailure(detail, ExitCodeOf(response.StatusCode));
    }

    /// <summary>Whether asking again may help.</summary>
    public static bool Passes(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425;

    /// <summary>What a command ends with that was refused: only what was asked for can be a bad argument.</summary>
    public static int ExitCodeOf(HttpStatusCode status) => status == HttpStatusCode.BadRequest ? Hosting.ExitCode.BadSetting : Hosting.ExitCode.Failure;

    /// <summary>The addresses of the nodes as one of them sees the cluster; none when it does not say.</summary>
    public async Task<IReadOnlyList<Uri>> ClusterAsync(Uri node, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, "/-/cluster"));
            using var response = await SendAsync(request, AnswerTime, stop);
            using var document = JsonDocument.Parse(await ReadAsync(response, stop));
            return [.. document.RootElement.GetProperty("nodes").EnumerateArray()
                .Select(x => x.GetProperty("http").GetString())
                .Select(x => Uri.TryCreate(x, UriKind.Absolute, out var uri) ? uri : null)
                .OfType<Uri>()];
        }
        catch (Exception exception) when (exception is NodeFailure or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    // What was sent over a connection may have been done, whatever became of the answer.
    private static bool Connected(Exception exception) => exception is not HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static string Root(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private static async Task<string> DetailAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var node = Root(response.RequestMessage!.RequestUri!);
        try
        {
            using var problem = JsonDocument.Parse(await ReadAsync(response, stop));
            var detail = problem.RootElement.GetProperty("detail").GetString();
            return $"{node} says {(int)response.StatusCode}: {detail}";
        }
        catch (Exception exception) when (exception is NodeFailure or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"{node} says {(int)response.StatusCode} ({response.ReasonPhrase}), and not as a gateway would";
        }
    }
}
