using OrleansGateway.Tests.Harness;
using Xunit.Sdk;

namespace OrleansGateway.Tests.EndToEnd;

/// <summary>What the demo's checks are worth: they see what must not be.</summary>
public sealed class ReaderTests
{
    [Theory]
    [InlineData("5 of 1, 5 of 1")]
    [InlineData("5 of 1, 5 of 2")]
    [InlineData("5 of 1, 4 of 1")]
    [InlineData("5 of 1, 6 of 2, 7 of 1")]
    public void CheckNumbers_DoubledOutOfOrderOrOfAReplacedConnection_Fails(string seen) =>
        Assert.Throws<TrueException>(() => Saw(seen).CheckNumbers());

    [Fact]
    public void CheckComplete_NumberOfOneConnectionIsMissing_Fails() =>
        Assert.Throws<TrueException>(() => Saw("5 of 1, 7 of 1").CheckComplete());

    [Fact]
    public void Checks_HoleWhereOneConnectionFollowsAnother_Pass()
    {
        var reader = Saw("5 of 1, 6 of 1, 9 of 2, 10 of 2");
        reader.CheckNumbers();
        reader.CheckComplete();
    }

    private static Reader Saw(string seen)
    {
        var reader = new Reader { Name = "somebody" };
        foreach (var number in seen.Split(", ").Select(x => x.Split(" of ")))
        {
            reader.Add(new CountedNumber(long.Parse(number[0]), int.Parse(number[1])).ToString());
        }

        return reader;
    }
}
