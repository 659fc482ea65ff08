using System.Net;
using OrleansGateway.Bridges;

namespace OrleansGateway.Tests.Unit.Bridges;

public class BridgeOwnersTests
{
    private static readonly SiloAddress First = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1001), 1);
    private static readonly SiloAddress Second = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1002), 1);

    [Fact]
    public void OwnerOf_Bridge_IsWhoWasHeardLast()
    {
        var owners = new BridgeOwners();
        Assert.Null(owners.OwnerOf("numbers"));
        owners.Heard("numbers", new BridgeStatus(First, true, 0, 0));
        owners.Heard("numbers", new BridgeStatus(Second, true, 0, 0));
        owners.Heard("other", new BridgeStatus(First, true, 0, 0));
        Assert.Equal((Second, First), (owners.OwnerOf("numbers"), owners.OwnerOf("other")));
    }

    [Fact]
    public void Lost_Silo_OwnsNothingAnyMore()
    {
        var owners = new BridgeOwners();
        owners.Heard("numbers", new BridgeStatus(First, true, 0, 0));
        owners.Heard("other", new BridgeStatus(Second, true, 0, 0));
        owners.Lost(First);
        Assert.Null(owners.OwnerOf("numbers"));
        Assert.Equal(Second, owners.OwnerOf("other"));
    }
}
