using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Bench;

/// <summary>Accounts for every delivery: each subscriber gets each acknowledged message once, and all in one order.</summary>
internal static class Accounting
{
    private const int Messages = 100_000;
    private const int Publishers = 8;
    private const int Subscribers = 30;
    private static readonly string[] Transports = ["raw", "sse", "ws"];

    public static async Task<bool> Run(Uri[] nodes)
    {
        var channel = $"bench/accounting-{Guid.NewGuid():N}";
        var readers = new List<Reader>();
        var subscriptions = new List<Subscription>();
        for (var i = 0; i < Subscribers; i++)
        {
            var reader = new Reader();
            readers.Add(reader);
            subscriptions.Add(await Subscription.Open(nodes[i % nodes.Length], channel, Transports[i / nodes.Length % Transports.Length], reader.OnMessage));
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(x => Publish(nodes[x % nodes.Length], channel, x)));
        var acknowledged = clock.Elapsed;
        await Task.WhenAny(Task.WhenAll(readers.Select(x => x.All)), Task.Delay(TimeSpan.FromSeconds(30)));
        var delivered = clock.Elapsed;
        foreach (var subscription in subscriptions)
        {
            await subscription.DisposeAsync();
        }

        var lost = readers.Sum(x => (long)Messages - x.Distinct);
        var doubled = readers.Sum(x => x.Doubled);
        var disordered = readers.Sum(x => x.Disordered);
        var orders = readers.Select(x => x.Order).Distinct().Count();
        Console.WriteLine($"{Messages} messages from {Publishers} publishers to {Subscribers} subscribers over {nodes.Length} nodes: "
            + $"lost {lost}, doubled {doubled}, out of order {disordered}, {orders} order(s)");
        Console.WriteLine($"acknowledged in {acknowledged.TotalSeconds:F1} s ({Messages / acknowledged.TotalSeconds:F0}/s), "
            + $"all delivered after {delivered.TotalSeconds:F1} s ({(long)Messages * Subscribers / delivered.TotalSeconds:F0} deliveries/s)");
        return lost == 0 && doubled == 0 && disordered == 0 && orders == 1;
    }

    private static async Task Publish(Uri node, string channel, int publisher)
    {
        using var client = new HttpClient();
        var uri = new Uri(node, channel);
        for (var i = 0; i < Messages / Publishers; i++)
        {
            using var body = new StringContent(string.Create(CultureInfo.InvariantCulture, $"{publisher} {i}"));
            (await client.PostAsync(uri, body)).EnsureSuccessStatusCode().Dispose();
        }
    }

    private sealed class Reader
    {
        private readonly bool[,] _seen = new bool[Publishers, Messages / Publishers];
        private readonly int[] _last = [.. Enumerable.Repeat(-1, Publishers)];
        private readonly IncrementalHash _order = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task All => _all.Task;

        public long Distinct { get; private set; }

        public long Doubled { get; private set; }

        public long Disordered { get; private set; }

        public string Order => Convert.ToHexString(_order.GetCurrentHash());

        public void OnMessage(string text)
        {
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            var publisher = int.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture);
            var number = int.Parse(text.AsSpan(space + 1), CultureInfo.InvariantCulture);
            if (_seen[publisher, number])
            {
                Doubled++;
                return;
            }

            _seen[publisher, number] = true;
            Disordered += number < _last[publisher] ? 1 : 0;
            _last[publisher] = number;
            _order.AppendData(Encoding.ASCII.GetBytes(text + "\n"));
            if (++Distinct == Messages)
            {
                _all.TrySetResult();
            }
        }
    }
}
