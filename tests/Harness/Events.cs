using System.Net.ServerSentEvents;
using System.Text.Json;

namespace OrleansGateway.Tests.Harness;

/// <summary>The JSON objects of a stream, as lines or as server-sent events.</summary>
internal sealed class Events : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<(string? Id, string Json)> _events;
    private JsonElement _last;

    private Events(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = (response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? Sse(body) : Lines(body)).GetAsyncEnumerator();
    }

    /// <summary>The id of the last one.</summary>
    public string? Id { get; private set; }

    /// <summary>The ids of all messages.</summary>
    public List<string> Ids { get; } = [];

    /// <summary>The longest id, in characters.</summary>
    public int LongestId => Ids.Max(x => x.Length);

    public static async Task<Events> Open(Uri address, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new Events(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next one, but for keep-alives.</summary>
    public async Task<JsonElement> Next()
    {
        do
        {
            Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Deadline), "the stream goes on");
            _last = JsonDocument.Parse(_events.Current.Json).RootElement;
            Id = _events.Current.Id ?? (_last.TryGetProperty("id", out var id) ? id.GetString() : null);
        }
        while (_last.GetProperty("event").GetString() == "keepalive");
        if (_last.GetProperty("event").GetString() == "message")
        {
            Ids.Add(Id!);
        }

        return _last;
    }

    /// <summary>The one that came last.</summary>
    public JsonElement Last => _last;

    public void Dispose() => _response.Dispose();

    private static async IAsyncEnumerable<(string? Id, string Json)> Lines(Stream body)
    {
        using var lines = new StreamReader(body);
        while (await lines.ReadLineAsync() is { } line)
        {
            yield return (null, line);
        }
    }

    private static async IAsyncEnumerable<(string? Id, string Json)> Sse(Stream body)
    {
        await foreach (var item in SseParser.Create(body).EnumerateAsync())
        {
            yield return (item.EventId, item.EventType == "message" ? item.Data : $$"""{"event":"{{item.EventType}}","data":{{item.Data}}}""");
        }
    }
}
