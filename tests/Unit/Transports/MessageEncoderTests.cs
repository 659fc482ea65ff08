using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class MessageEncoderTests
{
    [Fact]
    public void Index_OfAll_AreTheNumbersBelowTheirCount() =>
        Assert.Equal(Enumerable.Range(0, MessageEncoder.Count), MessageEncoder.All.Select(x => x.Index).Order());

    [Fact]
    public void Encoded_Entry_IsEncodedOnceAForm()
    {
        var entry = Entries.Of("hi", "text/plain");
        Assert.All(MessageEncoder.All, x => Assert.Same(entry.Encoded(x), entry.Encoded(x)));
        Assert.Equal(MessageEncoder.Count, MessageEncoder.All.Select(x => Convert.ToHexString(entry.Encoded(x)!)).Distinct().Count());
    }
}
