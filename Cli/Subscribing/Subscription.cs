using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using OrleansGateway.Cli.Nodes;

namespace OrleansGateway.Cli.Subscribing;

/// <summary>
/// A subscription that outlives nodes: it reads the form <c>json</c> of one node, and when that one dies, hangs or stops, goes on at
/// another one after the last id that it printed.
/// </summary>
/// <param name="ring">The nodes.</param>
/// <param name="path">The path of the channels, without its first slash.</param>
/// <param name="since">Where to begin.</param>
/// <param name="printer">Takes what comes.</param>
/// <param name="silence">How long a node may say nothing; it says something every 15 seconds.</param>
/// <param name="warn">What is said of that which is no message.</param>
/// <param name="time">The clock.</param>
internal sealed class Subscription(NodeRing ring, string path, string? since, MessagePrinter printer, TimeSpan silence, Action<string> warn, TimeProvider time)
{
    /// <summary>So long a node that lives never says nothing: 20 seconds.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    // The head of an answer comes at once.
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(5);

    // Who lets its clients go at once is no good.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    /// <summary>Reads until there is nothing more to print, or nobody reads it.</summary>
    /// <exception cref="CommandFailure">It is refused for good, or nobody answers.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new NodeClient(ring);
        var attempts = new Attempts(ring, Attempts.FirstPatience, time);
        while (true)
        {
            try
            {
                if (await ReadNodeAsync(client, attempts, stop) == StreamStep.Finish)
                {
                    return;
                }

                throw new NodeFailure($"{ring.Current} lets its clients go", reached: true);
            }
            catch (NodeFailure failure)
            {
                if (await attempts.FailedAsync(failure, stop) && attempts.Reached)
                {
                    warn($"{failure.Message}; no other node answers either, trying again until one does");
                }
            }
        }
    }

    private async Task<StreamStep> ReadNodeAsync(NodeClient client, Attempts attempts, CancellationToken stop)
    {
        var node = ring.Current;
        var start = printer.LastId ?? since;
        var query = start is null ? "?as=json" : $"?as=json&since={Uri.EscapeDataString(start)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/{path}{query}"));
        using var response = await client.SendAsync(request, HeadTime, stop);
        await NodeClient.CheckAsync(response, stop);
        if (response.Content.Headers.ContentType?.MediaType != "application/x-ndjson")
        {
            throw new CommandFailure($"{node} answers with {response.Content.Headers.ContentType?.MediaType ?? "nothing"}: that is no gateway");
        }

        attempts.Found();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var learning = LearnAsync(client, node, left.Token);
        try
        {
            var stream = PipeReader.Create(await response.Content.ReadAsStreamAsync(stop), new StreamPipeReaderOptions(bufferSize: 64 * 1024));
            return await ReadStreamAsync(node, stream, attempts, stop);
        }
        finally
        {
            await left.CancelAsync();
            ring.Learn(await learning);
        }
    }

    private static async Task<IReadOnlyList<Uri>> LearnAsync(NodeClient client, Uri node, CancellationToken left)
    {
        try
        {
            return await client.ClusterAsync(node, left);
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private async Task<StreamStep> ReadStreamAsync(Uri node, PipeReader stream, Attempts attempts, CancellationToken stop)
    {
        var (began, searched) = (time.GetTimestamp(), 0L);
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(silence);
            ReadResult read;
            try
            {
                read = await stream.ReadAsync(limit.Token);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw new NodeFailure($"{node}: {exception.Message}", reached: true);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new NodeFailure($"{node} has said nothing for {silence.TotalSeconds:0.#} s", reached: true);
            }

            if (time.GetElapsedTime(began) > Settled)
            {
                attempts.Succeeded();
            }

            var step = Print(node, read.Buffer, ref searched, out var consumed);
            if (!printer.Flush())
            {
                return StreamStep.Finish;
            }

            if (step != StreamStep.GoOn)
            {
                return step;
            }

            if (read.IsCompleted)
            {
                throw new NodeFailure($"{node} ended the stream", reached: true);
            }

            stream.AdvanceTo(consumed, read.Buffer.End);
        }
    }

    // Only whole lines: one that was cut off by a death comes again.
    private StreamStep Print(Uri node, in ReadOnlySequence<byte> buffer, ref long searched, out SequencePosition consumed)
    {
        if (buffer.Slice(searched).PositionOf((byte)'\n') is null)
        {
            // A long line comes in many pieces.
            (searched, consumed) = (buffer.Length, buffer.Start);
            return StreamStep.GoOn;
        }

        var lines = new SequenceReader<byte>(buffer);
        var step = StreamStep.GoOn;
        while (step == StreamStep.GoOn && lines.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            try
            {
                step = line.IsEmpty ? step : printer.Take(line.IsSingleSegment ? line.FirstSpan : line.ToArray());
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                throw new CommandFailure($"{node} sends what is no stream of a gateway: {exception.Message}");
            }
        }

        (searched, consumed) = (lines.Remaining, lines.Position);
        return step;
    }
}
