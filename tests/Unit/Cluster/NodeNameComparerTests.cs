using CsCheck;
using OrleansGateway.Cluster;

namespace OrleansGateway.Tests.Unit.Cluster;

public class NodeNameComparerTests
{
    private static readonly Gen<string> Name = Gen.OneOf("a", "b", "-", "0", "1", "2", "9", "00", "10", "٣").Array[0, 5].Select(string.Concat);

    [Fact]
    public void Compare_NumbersInNames_CountByTheirValue()
    {
        string[] names = ["node-10", "node-2", "node-1", "node", "a2b10", "a2b9", "node-010", "node-9999999999999999999999", "node-2a"];
        string[] ordered = ["a2b9", "a2b10", "node", "node-1", "node-2", "node-2a", "node-010", "node-10", "node-9999999999999999999999"];
        Assert.Equal(ordered, names.Order(NodeNameComparer.Instance));
    }

    [Fact]
    public void Compare_AnyNames_IsATotalOrder() => Gen.Select(Name, Name, Name).Sample(
        (a, b, c) =>
        {
            var comparer = NodeNameComparer.Instance;
            Assert.Equal(Math.Sign(comparer.Compare(a, b)), -Math.Sign(comparer.Compare(b, a)));
            Assert.Equal(a == b, comparer.Compare(a, b) == 0);
            if (comparer.Compare(a, b) <= 0 && comparer.Compare(b, c) <= 0)
            {
                Assert.True(comparer.Compare(a, c) <= 0);
            }
        },
        iter: 20_000);

    [Fact]
    public void Compare_Null_ComesFirst()
    {
        Assert.True(NodeNameComparer.Instance.Compare(null, "") < 0);
        Assert.True(NodeNameComparer.Instance.Compare("a", null) > 0);
        Assert.Equal(0, NodeNameComparer.Instance.Compare(null, null));
    }
}
