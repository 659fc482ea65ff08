using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>
/// Reads all channels in one subscription from their beginning, at one node after the other, and resumes by the cursor. Its messages have no
/// ids of their channels, so it counts: the how manieth of a channel has that offset, and whatever is missing, doubled or misplaced is another message there.
/// </summary>
/// <param name="name">For the histories.</param>
/// <param name="path">What it subscribes to: a prefix, or names.</param>
/// <param name="form"><c>json</c> or <c>sse</c>.</param>
/// <param name="channels">The channels that it must bring.</param>
/// <param name="nodes">The cluster.</param>
/// <param name="random">Its own.</param>
internal sealed class SelectionSubscriber(string name, string path, string form, string[] channels, GatewayNodes nodes, Random random)
{
    private static readonly TimeSpan LongestOpening = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, string> _epochs = [];
    private readonly Dictionary<string, long> _counts = channels.ToDictionary(x => x, _ => 0L);
    private string? _cursor;

    /// <summary>What it saw of each channel, all connections together: to it they are one.</summary>
    public IReadOnlyDictionary<string, Reading> Readings { get; } = channels.ToDictionary(
        x => x, x => new Reading { Name = name, Channel = x, Promise = Promise.Everything, Connections = { new Connection { Node = 0, Opened = Stopwatch.GetTimestamp() } } });

    /// <summary>The longest cursor that it was given, in characters.</summary>
    public int LongestCursor { get; private set; }

    public bool IsThere => Volatile.Read(ref _cursor) is not null;

    /// <summary>How many messages of a channel came.</summary>
    public long CountOf(string channel)
    {
        lock (_counts)
        {
            return _counts[channel];
        }
    }

    public async Task Run(CancellationToken stop)
    {
        foreach (var channel in channels)
        {
            using var response = await Transport.Http.GetAsync(new Uri(nodes.Address(1), $"{channel}?poll=1"), stop);
            var id = Id.Parse(response.Headers.GetValues("Last-Event-ID").Single());
            _epochs[channel] = id.Epoch;
            Readings[channel].Connections[0].Begins = id with { Offset = 0 };
        }

        while (!stop.IsCancellationRequested)
        {
            await Connect(stop);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 300)), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Connect(CancellationToken stop)
    {
        var node = random.Next(AccountingSettings.Nodes) + 1;
        using var silence = new CancellationTokenSource(LongestOpening);
        using var moves = new CancellationTokenSource(TimeSpan.FromSeconds(1 - (8 * Math.Log(1 - random.NextDouble()))));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token, moves.Token);
        try
        {
            await Read(nodes.Address(node), silence, over.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException)
        {
            // It moves on.
        }
        catch (Exception exception) when (exception is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            Refuse(exception.ToString());
        }
    }

    private async Task Read(Uri node, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"{path}?as={form}&since=all"));
        if (_cursor is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", _cursor);
        }

        using var response = await Transport.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Refuse($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
            }

            return;
        }

        var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), () => silence.CancelAfter(LongestSilence));
        var (id, kind, data) = ((string?)null, "message", (string?)null);
        while (await lines.Line(cancellationToken) is { } bytes)
        {
            var line = Encoding.UTF8.GetString(bytes.Span);
            if (form == "json")
            {
                Take(line);
            }
            else if (line.Length == 0)
            {
                Take(id, kind, data);
                (id, kind, data) = (null, "message", null);
            }
            else if (line.Split(": ", 2) is [var field, var value])
            {
                (id, kind, data) = field switch { "id" => (value, kind, data), "event" => (id, value, data), "data" => (id, kind, data + value), _ => (id, kind, data) };
            }
        }
    }

    private void Take(string? id, string kind, string? data)
    {
        if (kind == "message" && data is not null)
        {
            Take(data);
        }
        else if (kind == "gap")
        {
            Gap(data!);
        }

        Move(id);
    }

    private void Take(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        switch (root.GetProperty("event").GetString())
        {
            case "message":
                Message(root.GetProperty("channel").GetString()!, JsonEvents.BodyOf(root));
                break;
            case "gap":
                Gap(json);
                break;
        }

        Move(root.TryGetProperty("id", out var id) ? id.GetString() : null);
    }

    private void Message(string channel, byte[] body)
    {
        if (!Readings.TryGetValue(channel, out var reading))
        {
            Refuse($"it got a message of {channel}, which it did not ask for");
            return;
        }

        lock (_counts)
        {
            _counts[channel]++;
        }

        reading.Connections[0].Deliveries.Add(new Delivery(new Id(_epochs[channel], _counts[channel]), Body.Read(body, channel), Stopwatch.GetTimestamp()));
    }

    private void Move(string? cursor)
    {
        if (cursor is not null)
        {
            Volatile.Write(ref _cursor, cursor);
            LongestCursor = Math.Max(LongestCursor, cursor.Length);
        }
    }

    private void Gap(string text) => Readings[channels[0]].Connections[0].Gaps.Add(text);

    private void Refuse(string what) => Readings[channels[0]].Connections[0].Refused ??= what;
}
