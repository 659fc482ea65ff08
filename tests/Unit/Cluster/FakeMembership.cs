using System.Net;
using System.Threading.Channels;

namespace OrleansGateway.Tests.Unit.Cluster;

/// <summary>The membership as the test says it is.</summary>
internal sealed class FakeMembership : IClusterMembershipService
{
    private readonly Channel<ClusterMembershipSnapshot> _updates = Channel.CreateUnbounded<ClusterMembershipSnapshot>();
    private volatile ClusterMembershipSnapshot _snapshot = new([], new MembershipVersion(0));

    public ClusterMembershipSnapshot CurrentSnapshot => _snapshot;

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => _updates.Reader.ReadAllAsync();

    /// <summary>Whom it was asked to declare dead.</summary>
    public List<SiloAddress> Killed { get; } = [];

    /// <summary>What a refresh brings to light.</summary>
    public Action OnRefresh { get; set; } = () => { };

    public static SiloAddress Silo(int port, int generation = 1) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), generation);

    public void Set(SiloAddress silo, SiloStatus status, string name)
    {
        _snapshot = new ClusterMembershipSnapshot(
            _snapshot.Members.SetItem(silo, new ClusterMember(silo, status, name)), new MembershipVersion(_snapshot.Version.Value + 1));
        _updates.Writer.TryWrite(_snapshot);
    }

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
    {
        OnRefresh();
        return ValueTask.CompletedTask;
    }

    public Task<bool> TryKill(SiloAddress siloAddress)
    {
        Killed.Add(siloAddress);
        Set(siloAddress, SiloStatus.Dead, _snapshot.Members[siloAddress].Name);
        return Task.FromResult(true);
    }
}
