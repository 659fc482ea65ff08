using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Publishing;

/// <summary>Publishes by <c>POST</c>: one message as it is, several as an NDJSON batch.</summary>
internal sealed class HttpSender(GatewayNodes nodes) : ISender
{
    // The gateway answers within 5 s, also when it cannot promise anything; a frozen node answers nothing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = Patience };

    public async Task<Sent> Send(Publication publication, IReadOnlyList<byte[]> bodies, string type, int node)
    {
        var begun = Stopwatch.GetTimestamp();
        Sent Over(Outcome outcome, string answer, Id? first = null, Id? last = null, TimeSpan? retryAfter = null) =>
            new(new Attempt(node, begun, Stopwatch.GetTimestamp(), outcome, first, last, answer), retryAfter);
        try
        {
            using var request = Request(publication, bodies, type, node);
            using var answer = await _http.SendAsync(request);
            var status = $"{(int)answer.StatusCode}";
            return answer.StatusCode switch
            {
                HttpStatusCode.OK when IdIn(answer, "Message-Id") is { } last =>
                    Over(Outcome.Acknowledged, status, bodies.Count > 1 ? IdIn(answer, "First-Message-Id") : last, last),
                HttpStatusCode.ServiceUnavailable => Over(Outcome.Unknown, status, retryAfter: answer.Headers.RetryAfter?.Delta),
                _ => Over(Outcome.Refused, $"{status} {await answer.Content.ReadAsStringAsync()}"),
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return Over(Outcome.Unknown, exception is OperationCanceledException ? "no answer in time" : exception.Message);
        }
        catch (FormatException exception)
        {
            return Over(Outcome.Refused, exception.Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private HttpRequestMessage Request(Publication publication, IReadOnlyList<byte[]> bodies, string type, int node)
    {
        var batch = bodies.Count > 1;
        byte[] content = batch ? [.. bodies.SelectMany(x => x.Append((byte)'\n'))] : bodies[0];
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(nodes.Address(node), batch ? $"{publication.Channel}?batch=1" : publication.Channel))
        {
            Content = new ByteArrayContent(content) { Headers = { ContentType = MediaTypeHeaderValue.Parse(batch ? "application/x-ndjson" : type) } },
        };
        if (publication.Key is { } key)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        return request;
    }

    private static Id? IdIn(HttpResponseMessage answer, string header) =>
        answer.Headers.TryGetValues(header, out var values) ? Id.Parse(values.Single()) : null;
}
