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

    [Theory(DisplayName = "DELETE while a subscriber that was behind takes again: its stream is finished or cut, but no message in it is in pieces that a last chunk calls complete")]
    [InlineData("raw")]
    [InlineData("sse")]
    public async Task Delete_SubscriberThatTakesAgain_IsFinishedOrCut(string form)
    {
        for (var i = 0; i < 4; i++)
        {
            var channel = $"{Channel}/{i}";
            using var behind = await BlockedReader.Open(A, channel, form);
            using var other = await Subscription.Open(A, channel, "raw");
            for (var k = 0; k < BlockedReader.TooMuch / 2; k++)
            {
                await Http.Publish(B, channel, BlockedReader.Message(k));
                Assert.Equal(BlockedReader.Message(k).Length, (await other.NextText()).Length);
            }

            var deleting = Http.Send(B, "DELETE", $"/{channel}", null);
            if (i % 2 == 0)
            {
                await deleting;
            }

            await behind.Take(Connection.Patience);
            Assert.Equal(204, (await deleting).Status);
        }
    }
}
