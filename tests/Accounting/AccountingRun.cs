using System.Diagnostics;
using OrleansGateway.Tests.Accounting.Faults;
using OrleansGateway.Tests.Accounting.Histories;
using OrleansGateway.Tests.Accounting.Publishing;
using OrleansGateway.Tests.Accounting.Subscribing;

namespace OrleansGateway.Tests.Accounting;

/// <summary>Three nodes, those who publish, those who subscribe, and the nemesis; what they saw is what is left of it.</summary>
internal sealed class AccountingRun(AccountingSettings settings, Action<string> tell) : IAsyncDisposable
{
    // More than a run can fill: nothing that anybody still needs may be dropped.
    private static readonly Dictionary<string, string> Retention = new()
    {
        ["Gateway__Retention__Messages"] = "2000000",
        ["Gateway__Retention__Bytes"] = $"{512L * 1024 * 1024}",
    };

    private readonly string[] _channels = [.. Enumerable.Range(1, AccountingSettings.Channels).Select(x => $"accounts/{x}")];
    private readonly StateDisk _disk = StateDisk.Create(settings.DiskMegabytes, settings.MountsDisk);
    private readonly CountingServer _numbers = new(1);
    private readonly List<string> _told = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingUp = new();
    private List<Publisher> _publishers = [];
    private Crowd? _crowd;
    private List<Subscriber> _whole = [];

    public GatewayNodes Nodes => field ??= new GatewayNodes(_numbers.Address, state: _disk.State)
    {
        Storage = settings.Storage, Environment = Retention, Wrapper = _disk.Wrapper,
    };

    public Nemesis Nemesis => field ??= new Nemesis(Nodes, _disk, Tell);

    public long Begun { get; } = Stopwatch.GetTimestamp();

    /// <summary>What happened, in the order in which it did.</summary>
    public IReadOnlyList<string> Told => _told;

    public async Task Run()
    {
        Tell($"seed {settings.Seed}, storage {settings.Storage}, state on {_disk.Kind}");
        int[] all = [.. Enumerable.Range(1, AccountingSettings.Nodes)];
        await Nodes.Start(all);
        await Nodes.Whole(30, all);
        await Place();
        _crowd = new Crowd(settings, Nodes, _channels);
        await _crowd.Seated();
        Tell("all subscribers are there");
        _publishers = [.. Enumerable.Range(1, AccountingSettings.Publishers).Select(Publisher)];
        var publishing = Task.WhenAll(_publishers.Select(x => x.Run(settings.Rate / AccountingSettings.Publishers, _stopping.Token, _givingUp.Token)));
        await Strike();
        await Nemesis.Heal();
        Tell("all is healed");

        // Everybody gets an answer, and after all of them a last message tells where each channel ends.
        await _stopping.CancelAsync();
        _givingUp.CancelAfter(TimeSpan.FromSeconds(60));
        await publishing;
        Tell("all publishers have their answers");
        var ends = await Close();
        await _crowd.CaughtUp(ends, 90);
        Tell("all subscribers have everything");
        await _crowd.Stop();
        await ReadWhole(ends);
        Tell("all channels are read whole at all nodes");
    }

    /// <summary>What everybody saw, by channel; also of a run that went wrong half-way.</summary>
    public async Task<List<ChannelHistory>> Histories()
    {
        await _stopping.CancelAsync();
        await _givingUp.CancelAsync();
        await (_crowd?.Stop() ?? Task.CompletedTask);
        return [.. _channels.Select(x => new ChannelHistory
        {
            Channel = x,
            End = _publishers.Concat([Closer]).SelectMany(y => y.Publications).Where(y => y.Channel == x)
                .SelectMany(y => y.Attempts).Max(y => y.Last?.Offset) ?? 0,
            Publications = [.. _publishers.Concat([Closer]).SelectMany(y => y.Publications).Where(y => y.Channel == x)],
            Readings = [.. (_crowd?.Subscribers ?? []).Where(y => y.Channel == x).Select(y => y.Reading), .. (_crowd?.Several ?? []).Select(y => y.Readings[x])],
            Whole = [.. _whole.Where(y => y.Channel == x).Select(y => y.Reading)],
        })];
    }

    /// <summary>Copies what the nodes wrote, as it is while they run.</summary>
    public void KeepState(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(_disk.State, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(directory, Path.GetRelativePath(_disk.State, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            try
            {
                File.Copy(file, copy);
            }
            catch (IOException)
            {
                // Deleted meanwhile.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _givingUp.CancelAsync();
        await (_crowd?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var publisher in _publishers.Append(Closer))
        {
            await publisher.DisposeAsync();
        }

        await Nodes.DisposeAsync();
        await _numbers.DisposeAsync();
        _disk.Dispose();
        _stopping.Dispose();
        _givingUp.Dispose();
    }

    private Publisher Closer => field ??= new Publisher(
        AccountingSettings.Publishers + 1, new PublisherKind(settings.Has("keys"), HasBatches: false, BySocket: false), Nodes, _channels, settings.Seed);

    private void Tell(string what)
    {
        var line = $"{Stopwatch.GetElapsedTime(Begun).TotalSeconds,6:F1} s  {what}";
        _told.Add(line);
        tell(line);
    }

    // Each has some of the channels, so that each channel has several publishers and most publishers several channels.
    private Publisher Publisher(int number)
    {
        var kind = PublisherKind.Of(number - 1, settings);
        string[] channels = kind.BySocket
            ? [_channels[number % _channels.Length]]
            : [_channels[number % _channels.Length], _channels[(number + 1) % _channels.Length], _channels[(number + 3) % _channels.Length]];
        return new Publisher(number, kind, Nodes, channels, settings.Seed + number);
    }

    // A channel is held where it is first asked for.
    private async Task Place()
    {
        using var http = new HttpClient();
        int[] holders = [.. Enumerable.Range(1, AccountingSettings.Nodes).Except(settings.Struck ?? [])];
        for (var i = 0; i < _channels.Length && holders.Length > 0; i++)
        {
            (await http.GetAsync(new Uri(Nodes.Address(holders[i % holders.Length]), $"{_channels[i]}?poll=1"))).EnsureSuccessStatusCode().Dispose();
        }
    }

    private async Task Strike()
    {
        var struck = Stopwatch.GetTimestamp();
        bool GoesOn() => Nemesis.Kills < settings.Kills || Stopwatch.GetElapsedTime(struck).TotalSeconds < settings.Seconds;
        await Nemesis.Run(Plan.From(settings.Seed, settings.Strikes, settings.Struck), GoesOn);
        if (settings.Strikes.Count == 0)
        {
            await Until.True(() => !GoesOn(), "the time is over", settings.Seconds + 1);
        }
    }

    private async Task<Dictionary<string, long>> Close()
    {
        var ends = new Dictionary<string, long>();
        foreach (var channel in _channels)
        {
            var last = await Closer.Publish(channel, _givingUp.Token);
            Assert.True(last.IsAcknowledged, $"{channel} takes nothing although all is healed: {last.Attempts[^1].Answer}");
            ends[channel] = last.Attempts.Max(x => x.Last?.Offset ?? 0);
        }

        return ends;
    }

    private async Task ReadWhole(Dictionary<string, long> ends)
    {
        _whole = [.. from channel in _channels
                     from node in Enumerable.Range(1, AccountingSettings.Nodes)
                     select new Subscriber($"whole at node {node}", channel, WholeTransport(), Nodes, new Random(node)) { BeginsWith = "all", StaysAt = node }];
        using var done = new CancellationTokenSource();
        var reading = Task.WhenAll(_whole.Select(x => x.Run(done.Token)));
        await Until.True(() => _whole.TrueForAll(x => x.Position?.Offset >= ends[x.Channel]), "all channels can be read whole at all nodes", 60);
        await done.CancelAsync();
        await reading;
    }

    private Transport WholeTransport() => settings.Has("poll") ? new PollTransport(waits: false) : new SseTransport();
}
