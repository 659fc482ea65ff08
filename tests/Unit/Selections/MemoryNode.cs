using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Http;
using OrleansGateway.Journals;
using OrleansGateway.Relays;
using OrleansGateway.Selections;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Cluster;

namespace OrleansGateway.Tests.Unit.Selections;

/// <summary>The relays of a node without a cluster around it: there is one other node, which says when the test says so that it has the channel <c>s/a</c>.</summary>
internal sealed class MemoryNode : IDisposable
{
    private readonly TaskCompletionSource<OpenedChannels> _there = new();
    private TaskCompletionSource _appended = new();

    /// <summary>Makes one.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="journals">Those of the store; none where messages are in memory.</param>
    public MemoryNode(TimeProvider time, params IChannelJournals[] journals)
    {
        Channel = new FakeChannel(time);
        var membership = new FakeMembership();
        membership.Set(FakeMembership.Silo(2001), SiloStatus.Active, "node-1");
        var grain = Fake.Of<INodeGrain>((_, arguments) => arguments[0] is -1L ? _there.Task : new TaskCompletionSource<OpenedChannels>().Task);
        var watch = new ChannelWatch(membership, Fake.Of<IGrainFactory>((_, _) => grain), time, NullLogger<ChannelWatch>.Instance);
        var news = Fake.Of<IJournalWatch>((_, _) => _appended.Task);
        var prefixes = new PrefixWatch(news, journals, time, NullLogger<PrefixWatch>.Instance);
        var sources = new SelectionSources(Channel.Client(), news, prefixes, watch, journals, time, NullLogger<SelectionSources>.Instance);
        Options = Fake.Of<IOptionsMonitor<FrontendOptions>>((_, _) => new FrontendOptions { PublishTimeout = TimeSpan.FromMinutes(1) });
        Lifetime = Fake.Of<IHostApplicationLifetime>((_, _) => CancellationToken.None);
        Relays = new RelayRegistry(Channel.Client(), Options, time, Lifetime, sources, NullLoggerFactory.Instance);
    }

    /// <summary>What all names lead to.</summary>
    public FakeChannel Channel { get; }

    public RelayRegistry Relays { get; }

    public IOptionsMonitor<FrontendOptions> Options { get; }

    public IHostApplicationLifetime Lifetime { get; }

    public static Subject Prefix { get; } = Subject.Read("/s/*", out var subject) is null ? subject : default;

    /// <summary>The other node says which channel it has.</summary>
    public void Tell() => _there.SetResult(new OpenedChannels(1, ["s/a"]));

    /// <summary>Something was appended to a journal, perhaps.</summary>
    public void TellOfJournals() => Interlocked.Exchange(ref _appended, new TaskCompletionSource()).SetResult();

    public void Dispose() => Relays.Dispose();
}
