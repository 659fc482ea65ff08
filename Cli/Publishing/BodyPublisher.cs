using System.Net.Http.Headers;
using System.Text;
using OrleansGateway.Cli.Nodes;

namespace OrleansGateway.Cli.Publishing;

/// <summary>Publishes one message by <c>POST</c>: with a key, so that it can be sent again to another node.</summary>
/// <param name="ring">The nodes.</param>
/// <param name="channel">The channel.</param>
/// <param name="timeout">How long to go on without an answer.</param>
/// <param name="attempts">The pace of attempts.</param>
/// <param name="time">The clock.</param>
internal sealed class BodyPublisher(NodeRing ring, string channel, TimeSpan timeout, Attempts attempts, TimeProvider time)
{
    // A node answers within 5 seconds after it has all of the body.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Publishes it.</summary>
    /// <param name="body">Its bytes.</param>
    /// <param name="type">Its content type; null leaves it to the node.</param>
    /// <param name="asJson">Whether to return the whole answer instead of the id.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The id, or the answer as JSON.</returns>
    /// <exception cref="CommandFailure">It can't be published, or there is no answer.</exception>
    public async Task<string> PublishAsync(ReadOnlyMemory<byte> body, MediaTypeHeaderValue? type, bool asJson, CancellationToken stop)
    {
        using var client = new NodeClient(ring);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var timer = time.CreateTimer(_ => giveUp.Cancel(), null, timeout, Timeout.InfiniteTimeSpan);
        var (path, key, why) = (ChannelPath.Of(channel), Guid.NewGuid().ToString("N"), "no node answers");
        try
        {
            while (true)
            {
                try
                {
                    return await TryAsync(client, path, key, body, type, asJson, giveUp.Token);
                }
                catch (NodeFailure failure)
                {
                    why = failure.Message;
                    await attempts.FailedAsync(failure, giveUp.Token);
                }
            }
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            throw new CommandFailure(
                $"the message was not acknowledged{(stop.IsCancellationRequested ? "" : $" within {timeout.TotalSeconds:0.#} s")}: {why}. It may or may not have been published");
        }
    }

    private async Task<string> TryAsync(
        NodeClient client, string path, string key, ReadOnlyMemory<byte> body, MediaTypeHeaderValue? type, bool asJson, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(ring.Current, $"/{path}")) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = type;
        request.Headers.Add("Idempotency-Key", key);
        if (asJson)
        {
            request.Headers.Add("Accept", "application/json");
        }

        using var response = await client.SendAsync(request, AnswerTime + SlowLink.TimeFor(body.Length), stop);
        await NodeClient.CheckAsync(response, stop);
        return !response.Headers.TryGetValues("Message-Id", out var ids) ? throw new CommandFailure($"{ring.Current} gives no Message-Id: that is no gateway")
            : asJson ? Encoding.UTF8.GetString(await NodeClient.ReadAsync(response, stop))
            : ids.First();
    }
}
