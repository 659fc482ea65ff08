using System.Net;

namespace OrleansGateway.Tests.Browser;

/// <summary>Publishes <c>message 1</c>, <c>message 2</c> and so on to a channel, five a second.</summary>
internal sealed class Publisher : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private int _number;
    private Task _running = Task.CompletedTask;

    private Publisher(Uri channel) => (Node, _path) = (new Uri(channel, "/"), channel.AbsolutePath);

    /// <summary>The node through which it publishes.</summary>
    public Uri Node { get; set; }

    public List<string> Acknowledged { get; } = [];

    /// <summary>Publishes the first message, and goes on in the background.</summary>
    public static async Task<Publisher> Start(Uri channel)
    {
        var publisher = new Publisher(channel);
        await publisher.Publish();
        publisher._running = publisher.Run();
        return publisher;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    private async Task Run()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await timer.WaitForNextTickAsync().AsTask() && !_stop.IsCancellationRequested)
        {
            await Publish();
        }
    }

    private async Task Publish()
    {
        var text = $"message {++_number}";
        using var answer = await _http.PostAsync(new Uri(Node, _path), new StringContent(text));

        // 503 promises nothing: it may have been published or not.
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return;
        }

        Assert.True(answer.IsSuccessStatusCode, $"{text}: {await answer.Content.ReadAsStringAsync()}");
        Acknowledged.Add(text);
    }
}
