using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class MessageEncoderTests
{
    private static readonly MessageEncoder[] All =
    [
        MessageEncoder.Raw, MessageEncoder.Sse, MessageEncoder.WebSocket, MessageEncoder.Tail, MessageEncoder.TailTwice, MessageEncoder.Json,
        MessageEncoder.JsonWebSocket,
    ];

    [Fact]
    public void Index_OfAll_AreTheNumbersBelowTheirCount() =>
        Assert.Equal(Enumerable.Range(0, MessageEncoder.Count), All.Select(x => x.Index).Order());

    [Fact]
    public void Encoded_Entry_IsEncodedOnceAForm()
    {
        var entry = Entries.Of("hi", "text/plain");
        Assert.All(All, x => Assert.Same(entry.Encoded(x), entry.Encoded(x)));
        Assert.Equal(All.Length, All.Select(x => Convert.ToHexString(entry.Encoded(x)!)).Distinct().Count());
    }
}
