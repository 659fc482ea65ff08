namespace OrleansGateway.Bench.Servers;

/// <summary>nginx with nchan: the peer.</summary>
internal sealed class Nchan : Server
{
    private Nchan(int port) => Ports = [port];

    public override string Name => "nchan";

    public override IReadOnlyList<int> Ports { get; }

    public static async Task<Nchan> Start()
    {
        var nchan = new Nchan(Bench.Ports.Nchan);
        try
        {
            var configuration = Path.Combine(nchan.Directory, "nginx.conf");
            var text = await File.ReadAllTextAsync(Path.Combine(Places.Peers, "nchan.conf"));
            await File.WriteAllTextAsync(configuration, text.Replace(":PORT", $":{Bench.Ports.Nchan}", StringComparison.Ordinal));
            nchan.Launch("nginx", "-p", nchan.Directory, "-c", configuration, "-g", "daemon off;");
            await nchan.Ready(() => Accepts(Bench.Ports.Nchan));
            return nchan;
        }
        catch
        {
            nchan.Dispose();
            throw;
        }
    }

    public override IEnumerable<string> Paths(string form, string place) =>
    [
        "--sub-path", $"/sub/{place}%d", "--pub-path", $"/{(form == "pub" ? "pub0" : "pub")}/{place}%d",

        // It ends no message in a stream by itself.
        .. form == "stream" ? (string[])["--newline", "--sub-header", "TE:chunked"] : [],
    ];
}
