using CsCheck;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Publishing;

namespace OrleansGateway.Tests.Unit.Publishing;

public class IdempotencyKeyTests
{
    private static readonly Gen<string> Printable = Gen.String[Gen.Char[' ', '~'], 1, 255];

    [Theory]
    [InlineData("k", "k")]
    [InlineData("\"k\"", "k")]
    [InlineData("  \"k\" ", "k")]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324")]
    [InlineData("a b, c;d=1", "a b, c;d=1")]
    [InlineData("k\"", "k\"")]
    [InlineData("\" \"", " ")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("a\\b", "a\\b")]
    public void Read_QuotedOrBare_IsTheKey(string header, string expected)
    {
        Assert.Null(IdempotencyKey.Read(header, out var key));
        Assert.Equal(expected, key);
    }

    [Fact]
    public void Read_AnyPrintableText_IsTheSameQuotedAndBare() => Printable.Where(x => x.Trim() == x && x[0] != '"').Sample(text =>
    {
        Assert.Null(IdempotencyKey.Read(text, out var bare));
        Assert.Null(IdempotencyKey.Read($"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"", out var quoted));
        Assert.Equal((text, text), (bare, quoted));
    });

    [Fact]
    public void Read_NoHeader_IsNoKey()
    {
        Assert.Null(IdempotencyKey.Read(StringValues.Empty, out var key));
        Assert.Null(key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("\"\"")]
    [InlineData("\"")]
    [InlineData("\"k")]
    [InlineData("\"k\"x")]
    [InlineData("\"a\\b\"")]
    [InlineData("a\tb")]
    [InlineData("a\u007fb")]
    [InlineData("é")]
    public void Read_Malformed_Is400WithTheRule(string header)
    {
        var problem = IdempotencyKey.Read(header, out var key);
        Assert.Equal((400, null), (problem?.Status, key));
        Assert.StartsWith("A key ", problem!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void Read_Length_IsLimited(int length, bool taken)
    {
        var key = new string('k', length);
        Assert.Equal(taken, IdempotencyKey.Read(key, out _) is null);
        Assert.Equal(taken, IdempotencyKey.Read($"\"{key}\"", out _) is null);
    }

    [Fact]
    public void Read_TwoHeaders_Is400() => Assert.Equal(400, IdempotencyKey.Read(new StringValues(["a", "a"]), out _)?.Status);
}
