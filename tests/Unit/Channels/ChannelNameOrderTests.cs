using System.Text;
using CsCheck;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public class ChannelNameOrderTests
{
    private static readonly Gen<string> Name =
        Gen.OneOf("a", "b", "/", "é", "\u4e00", "\ud7ff", "\ue000", "\uffff", "😀", "\U0010ffff").Array[0, 4].Select(string.Concat);

    [Fact]
    public void Compare_AnyNames_IsTheOrderOfTheirBytes() => Gen.Select(Name, Name).Sample((x, y) =>
        Math.Sign(ChannelNameOrder.Instance.Compare(x, y)) == Math.Sign(Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y))));
}
