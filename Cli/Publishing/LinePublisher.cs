using System.Buffers;
using System.Net;
using OrleansGateway.Cli.Nodes;

namespace OrleansGateway.Cli.Publishing;

/// <summary>
/// Publishes lines at speed and in their order: many are under way at once over one connection, which answers in order. What has no
/// answer when the connection is lost is sent again to another node, with the same keys.
/// </summary>
/// <param name="ring">The nodes.</param>
/// <param name="channel">The channel.</param>
/// <param name="input">The lines.</param>
/// <param name="type">Their content type; null leaves it to the node.</param>
/// <param name="timeout">How long to go on without an answer.</param>
/// <param name="attempts">The pace of attempts.</param>
/// <param name="report">Told of each line.</param>
/// <param name="time">The clock.</param>
internal sealed class LinePublisher(
    NodeRing ring, string channel, LineInput input, string? type, TimeSpan timeout, Attempts attempts, PublishReport report, TimeProvider time)
{
    // A node has 64 of a connection under way, and more wait in its buffers.
    private const int MostUnderWay = 512;
    private const int MostBytesUnderWay = 4 * 1024 * 1024;
    private const int BytesAWrite = 64 * 1024;

    // A node answers within 5 seconds, if only that it can't.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly UnacknowledgedLines _lines = new(Guid.NewGuid().ToString("N"), type);
    private readonly string _path = ChannelPath.Of(channel);
    private readonly AnswerClock _clock = new(time);

    /// <summary>Publishes all lines.</summary>
    /// <param name="noMore">Takes no more lines, and waits for the answers to those that it took.</param>
    /// <param name="stop">Waits for nothing any more.</param>
    /// <exception cref="CommandFailure">They can't be published, or have no answer.</exception>
    public async Task RunAsync(CancellationToken noMore, CancellationToken stop)
    {
        using var client = new NodeClient(ring);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var why = "no node answers";
        var watching = WatchAsync(giveUp);
        try
        {
            while (!IsDone(noMore))
            {
                try
                {
                    await PublishToNodeAsync(client, noMore, giveUp.Token);
                }
                catch (NodeFailure failure)
                {
                    why = failure.Message;

                    // It depends on what comes meanwhile how long this goes on.
                    _ = input.WaitAsync();
                    if (await attempts.FailedAsync(failure, giveUp.Token) && attempts.Reached && !IsDone(noMore))
                    {
                        report.Warn($"{why}; no other node answers either, trying again until one does");
                    }
                }
            }
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            if (!IsDone(noMore))
            {
                throw Unanswered(stop.IsCancellationRequested ? "" : $" within {timeout.TotalSeconds:0.#} s", why);
            }
        }
        finally
        {
            await giveUp.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            report.Flush();
        }

        if (input.Failure is { } unread)
        {
            throw new CommandFailure(unread);
        }
    }

    private bool IsDone(CancellationToken noMore) => _lines.Count == 0 && (input.IsOver || noMore.IsCancellationRequested);

    private CommandFailure Unanswered(string within, string why) => new(_lines.Count == 0
        ? $"line {_lines.First} was not published{within}, nor what comes after it: {why}"
        : $"{_lines.Describe()} not acknowledged{within}: {why}. They may or may not have been published, and what comes after them was not");

    private async Task PublishToNodeAsync(NodeClient client, CancellationToken noMore, CancellationToken stop)
    {
        await using var connection = await PublishConnection.OpenAsync(client, ring.Current, _path, stop);
        if (!attempts.Reached)
        {
            ring.Learn(await client.ClusterAsync(ring.Current, stop));
        }

        attempts.Found();
        _lines.SendAgain();
        var openedAt = time.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = SendAsync(connection, noMore, over.Token);

        // Whoever reads what is printed can hold that up, but not what is looked at here.
        var receiving = Task.Run(() => ReceiveAsync(connection, noMore, over.Token), CancellationToken.None);
        try
        {
            while (!receiving.IsCompleted && !sending.IsFaulted)
            {
                // When the end comes after the last answer, nothing more is received.
                if (sending.IsCompletedSuccessfully && IsDone(noMore))
                {
                    return;
                }

                await Task.WhenAny(receiving, sending.IsCompleted ? receiving : sending, Task.Delay(LookEvery, time, stop));
                stop.ThrowIfCancellationRequested();
                if (Waited(openedAt) > AnswerTime + SlowLink.TimeFor(_lines.BytesUnderWay))
                {
                    throw new NodeFailure($"{ring.Current} acknowledges nothing", reached: true);
                }
            }

            if (!receiving.IsCompleted)
            {
                // What can't be written to any more may have said why before.
                await Task.WhenAny(receiving, Task.Delay(LastWords, time, stop));
            }

            await (receiving.IsCompleted ? receiving : sending);
        }
        catch (NodeFailure) when (connection.CloseCode == PublishConnection.TooBig && _lines.FoundTooBig() is { } line)
        {
            report.Refuse(line, "it is too large for the gateway");
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(sending, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(PublishConnection connection, CancellationToken noMore, CancellationToken over)
    {
        var frames = new ArrayBufferWriter<byte>(2 * BytesAWrite);
        while (true)
        {
            while (frames.WrittenCount < BytesAWrite && _lines.HasRoom(MostUnderWay, MostBytesUnderWay))
            {
                if (_lines.TryNext() is { } again)
                {
                    ClientFrames.Write(frames, ClientFrames.Text, again.Span);
                }
                else if (!noMore.IsCancellationRequested && input.TryTake(out var line))
                {
                    ClientFrames.Write(frames, ClientFrames.Text, _lines.Add(line).Span);
                }
                else
                {
                    break;
                }
            }

            if (frames.WrittenCount > 0)
            {
                await connection.SendAsync(frames.WrittenMemory, over);
                frames.ResetWrittenCount();
            }
            else if (!_lines.HasRoom(MostUnderWay, MostBytesUnderWay))
            {
                await _lines.WaitForRoom().WaitAsync(over);
            }
            else if (input.IsOver || noMore.IsCancellationRequested)
            {
                return;
            }
            else
            {
                // It throws nothing itself: it may be waited for again later.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(over, noMore);
                await input.WaitAsync().WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                over.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task ReceiveAsync(PublishConnection connection, CancellationToken noMore, CancellationToken over)
    {
        var answers = new List<LineAnswer>();
        while (!IsDone(noMore))
        {
            answers.Clear();
            await connection.ReadAsync(answers, over);
            foreach (var answer in answers)
            {
                Take(answer);
            }

            report.Flush();
        }
    }

    private void Take(LineAnswer answer)
    {
        if (answer.Line != _lines.First)
        {
            throw new NodeFailure($"{ring.Current} answers line {answer.Line}, and not line {_lines.First}", reached: true);
        }

        if (answer.Id is { } id)
        {
            report.Acknowledged(_lines.First, id);
        }
        else if (answer.Status == (int)HttpStatusCode.RequestEntityTooLarge)
        {
            report.Refuse(_lines.First, answer.Detail ?? "it is too large");
        }
        else if (NodeClient.Passes((HttpStatusCode)answer.Status))
        {
            throw new NodeFailure($"{ring.Current} says {answer.Status}: {answer.Detail}", reached: true);
        }
        else
        {
            throw new CommandFailure($"line {_lines.First} was not published, nor what comes after it: {answer.Detail}", NodeClient.ExitCodeOf((HttpStatusCode)answer.Status));
        }

        attempts.Succeeded();
        _clock.Restart();
        _lines.Answered();
    }

    private TimeSpan Waited(long since = 0) => _clock.Look(!report.IsPrinting && (_lines.Count > 0 || input.HasMore), since);

    private async Task WatchAsync(CancellationTokenSource giveUp)
    {
        while (!giveUp.IsCancellationRequested)
        {
            await Task.Delay(LookEvery, time, giveUp.Token);
            if (Waited() > timeout)
            {
                await giveUp.CancelAsync();
            }
        }
    }
}
