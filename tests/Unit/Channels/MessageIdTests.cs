using CsCheck;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public class MessageIdTests
{
    private static readonly Gen<string> Epoch =
        Gen.Select(Gen.Char.AlphaNumeric.Where(char.IsAsciiLetter), Gen.Char.AlphaNumeric.Array[3, 15], (first, rest) => first + new string(rest));

    [Fact]
    public void TryParse_AnyIdAsWritten_GivesItBack() => Gen.Select(Epoch, Gen.Long[0, long.MaxValue]).Sample(
        (epoch, offset) =>
        {
            var id = new MessageId(epoch, offset);
            Assert.True(MessageId.TryParse(id.ToString(), out var read));
            Assert.Equal(id, read);
        });

    [Fact]
    public void TryParse_AnyText_IsAnIdOnlyIfItIsWrittenSo() =>
        Gen.OneOf("a", "B", "0", "7", "-", "+", ".", " ", "abcd", "x9y8", "00", "é", "٣").Array[0, 8].Select(string.Concat).Sample(
            text =>
            {
                if (MessageId.TryParse(text, out var id))
                {
                    Assert.Equal(text, id.ToString());
                }
            },
            iter: 20_000);

    [Theory]
    [InlineData("abcd-0", "abcd", 0)]
    [InlineData("abcd-1", "abcd", 1)]
    [InlineData("A123456789012345-9223372036854775807", "A123456789012345", long.MaxValue)]
    public void TryParse_Id_GivesItsParts(string text, string epoch, long offset)
    {
        Assert.True(MessageId.TryParse(text, out var id));
        Assert.Equal(new MessageId(epoch, offset), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("abcd")]
    [InlineData("abcd-")]
    [InlineData("-1")]
    [InlineData("abc-1")]
    [InlineData("a1234567890123456-1")]
    [InlineData("1bcd-1")]
    [InlineData("ab_d-1")]
    [InlineData("äbcd-1")]
    [InlineData("abcd--1")]
    [InlineData("abcd-+1")]
    [InlineData("abcd- 1")]
    [InlineData("abcd-1 ")]
    [InlineData(" abcd-1")]
    [InlineData("abcd-01")]
    [InlineData("abcd-00")]
    [InlineData("abcd-1.0")]
    [InlineData("abcd-1-2")]
    [InlineData("abcd-9223372036854775808")]
    [InlineData("abcd-٣")]
    public void TryParse_NoId_IsRefused(string text) => Assert.False(MessageId.TryParse(text, out _));

    [Fact]
    public void New_Epochs_AreEpochsAndDiffer()
    {
        var epochs = Enumerable.Range(0, 1000).Select(_ => Epochs.New()).ToList();
        Assert.All(epochs, x => Assert.True(MessageId.TryParse($"{x}-0", out _), x));
        Assert.Equal(1000, epochs.Distinct().Count());
    }
}
