using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>Whether this part works, asked the way its users do: a node by HTTP at its own port. The number server is not asked: nobody but the bridge connects to it.</summary>
internal sealed class PartHealth : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private readonly HttpClient? _http;

    public PartHealth(string name, IConfiguration configuration)
    {
        if (PartName.NodeNumber(name) is { } node)
        {
            var reached = ListenAddress.Reached(GatewaySettings.Bind.In(configuration));
            var port = int.Parse(GatewaySettings.Http.In(configuration), CultureInfo.InvariantCulture) + node - 1;
            Address = $"http://{new IPEndPoint(reached, port)}";
            _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(Address), Timeout = AnswerTime };
        }
        else
        {
            Address = GatewaySettings.Numbers.In(configuration);
        }
    }

    /// <summary>Where it serves.</summary>
    public string Address { get; }

    /// <summary>Whether it takes part in the cluster and serves.</summary>
    public Task<bool> ReadyAsync(CancellationToken cancellationToken) => AskAsync("/-/health/ready", cancellationToken);

    /// <summary>Whether it answers at all.</summary>
    public Task<bool> LiveAsync(CancellationToken cancellationToken) => AskAsync("/-/health/live", cancellationToken);

    public void Dispose() => _http?.Dispose();

    private async Task<bool> AskAsync(string path, CancellationToken cancellationToken)
    {
        if (_http is null)
        {
            return true;
        }

        try
        {
            using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
