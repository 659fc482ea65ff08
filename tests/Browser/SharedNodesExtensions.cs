using System.Net.Http.Headers;
using System.Text;

namespace OrleansGateway.Tests.Browser;

/// <summary>Publishing from outside of the pages.</summary>
internal static class SharedNodesExtensions
{
    /// <summary>The most that the gateway takes at once.</summary>
    private const int BatchSize = 1000;

    /// <summary>Publishes one message.</summary>
    /// <returns>Its id.</returns>
    public static Task<string> Publish(this SharedNodes shared, int node, string channel, string type, string text) =>
        shared.Publish(node, channel, type, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Publish(SharedNodes, int, string, string, string)"/>
    public static async Task<string> Publish(this SharedNodes shared, int node, string channel, string type, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(node), channel), content);
        Assert.True(answer.IsSuccessStatusCode, $"{answer}");
        return answer.Headers.GetValues("Message-Id").Single();
    }

    /// <summary>Publishes the numbers from one on as JSON, in batches.</summary>
    public static async Task PublishNumbers(this SharedNodes shared, int node, string channel, int count)
    {
        var address = new Uri(shared.Nodes.Address(node), $"{channel}?batch=1");
        foreach (var batch in Enumerable.Range(1, count).Chunk(BatchSize))
        {
            using var content = new StringContent(string.Join('\n', batch.Select(x => $$"""{"number":{{x}},"text":"as long as messages often are"}""")));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            using var answer = await shared.Http.PostAsync(address, content);
            Assert.True(answer.IsSuccessStatusCode, $"{answer}");
        }
    }
}
