using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>The JSON objects, as the gateway's documentation shows them.</summary>
public sealed class JsonEventsTests : IDisposable
{
    private readonly CancellationTokenSource _silence = new();
    private readonly Connection _connection = new() { Node = 1, Opened = 0 };
    private readonly byte[] _body = Body.Make(3, 9, "a/b", 40);

    [Fact]
    public void Note_OpenAndMessages_KeepsIdsTimesAndContents()
    {
        var text = JsonSerializer.Serialize(Encoding.UTF8.GetString(_body));
        Note("""{"event":"open","id":"abc-6","channel":"a/b"}""");
        Note($$"""{"event":"message","id":"abc-7","channel":"a/b","time":"2026-01-02T03:04:05.006Z","type":"text/plain","data":{{text}}}""");
        Note($$"""{"event":"message","id":"abc-8","channel":"a/b","time":"2026-01-02T03:04:05.007Z","type":"application/octet-stream","data":"{{Convert.ToBase64String(_body)}}","encoding":"base64"}""");
        Note("""{"event":"keepalive"}""");
        Assert.Equal(new Id("abc", 6), _connection.Begins);
        Assert.Equal([new Id("abc", 7), new Id("abc", 8)], _connection.Deliveries.Select(x => x.Id!.Value));
        Assert.All(_connection.Deliveries, x => Assert.Equal(Body.Read(_body, "a/b"), x.Content));
        Assert.Equal(1, _connection.Deliveries[1].TimeMs - _connection.Deliveries[0].TimeMs);
        Assert.Null(_connection.Refused);
    }

    [Fact]
    public void Note_GapEndAndTheUnknown_AreKept()
    {
        Note("""{"event":"gap","id":"abc-9","channel":"a/b","after":"abc-3","resumed":"abc-9","missed":6}""");
        Note("""{"event":"end","reason":"shutdown"}""");
        Note("""{"event":"surprise"}""");
        Assert.Single(_connection.Gaps);
        Assert.Contains("shutdown", _connection.Ended, StringComparison.Ordinal);
        Assert.Contains("surprise", _connection.Refused, StringComparison.Ordinal);
    }

    public void Dispose() => _silence.Dispose();

    private void Note(string line)
    {
        var subscriber = new Subscriber("somebody", "a/b", new JsonTransport(), null!, new Random(1));
        JsonEvents.Note(new Notes(subscriber, _connection, new Uri("http://127.0.0.1"), false, _silence), Encoding.UTF8.GetBytes(line));
    }
}
