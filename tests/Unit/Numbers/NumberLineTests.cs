using System.Numerics;
using System.Text;
using CsCheck;
using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public class NumberLineTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("10", 10)]
    [InlineData("-7", -7)]
    [InlineData("+7", 7)]
    [InlineData("007", 7)]
    [InlineData("-0", 0)]
    [InlineData("7\r", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void TryParse_Integer_GivesIt(string line, long number)
    {
        Assert.True(NumberLine.IsInteger(Encoding.UTF8.GetBytes(line)));
        Assert.True(NumberLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r")]
    [InlineData("-")]
    [InlineData("+\r")]
    [InlineData(" 7")]
    [InlineData("7 ")]
    [InlineData("7\t")]
    [InlineData("7\r\r")]
    [InlineData("7\0")]
    [InlineData("7.0")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("0x7")]
    [InlineData("--7")]
    [InlineData("7-")]
    [InlineData("seven")]
    [InlineData("٧")]
    [InlineData("−7")]
    public void IsInteger_SomethingElse_IsFalse(string line)
    {
        Assert.False(NumberLine.IsInteger(Encoding.UTF8.GetBytes(line)));
        Assert.False(NumberLine.TryParse(Encoding.UTF8.GetBytes(line), out _));
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("123456789012345678901234567890")]
    public void TryParse_MoreThanALong_IsAnIntegerThatDoesNotFit(string line)
    {
        Assert.True(NumberLine.IsInteger(Encoding.UTF8.GetBytes(line)));
        Assert.False(NumberLine.TryParse(Encoding.UTF8.GetBytes(line), out _));
    }

    [Fact]
    public void IsInteger_AnyDigits_AgreesWithBigInteger() =>
        Gen.Select(Gen.OneOf(Gen.Const(""), Gen.Const("+"), Gen.Const("-")), Gen.Char["0123456789"].Array[1, 40]).Sample((sign, digits) =>
        {
            var text = sign + new string(digits);
            var value = BigInteger.Parse(text);
            var fits = value >= long.MinValue && value <= long.MaxValue;
            return NumberLine.IsInteger(Encoding.ASCII.GetBytes(text))
                && NumberLine.TryParse(Encoding.ASCII.GetBytes(text), out var number) == fits
                && (!fits || number == value);
        });
}
