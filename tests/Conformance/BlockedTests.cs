using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Slow and gone: whoever takes nothing when its stream ends.</summary>
public sealed class BlockedTests : ConformanceTest
{
    [Theory(DisplayName = "DELETE while a subscriber takes nothing: its stream is cut, without a last chunk that would call it complete; the others are told")]
    [InlineData("raw")]
    [InlineData("sse")]
    public async Task Delete_SubscriberThatTakesNothing_IsCut(string form)
    {
        using var blocked = await BlockedReader.Open(A, Channel, form);
        using var other = await Subscription.Open(A, Channel, "json");
        using var bystander = await Subscription.Open(A, $"{Channel}/other", "raw");
        await other.NextEvent("open");
        for (var i = 0; i < BlockedReader.TooMuch; i++)
        {
            await Http.Publish(B, Channel, BlockedReader.Message(i));
            Assert.Equal(BlockedReader.Message(i), await other.NextText());
        }

        await Http.Send(B, "DELETE", $"/{Channel}", null);
        Assert.Equal("deleted", (await other.NextEvent("end")).Json.GetProperty("reason").GetString());

        // It takes nothing until it is let go.
        await Http.Publish(B, Channel, "of the next epoch");
        await Until.True(async () => (await Http.Get(B, $"/-/channels/{Channel}")).Json.GetProperty("subscribers").GetInt32() == 0, "it is let go");
        await blocked.CheckCut(Connection.Patience);
        await Http.Publish(B, $"{Channel}/other", "still");
        Assert.Equal("still", await bystander.NextText());
    }
}
