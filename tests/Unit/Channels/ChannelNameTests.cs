using System.Text;
using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Unit.Channels;

public class ChannelNameTests
{
    // Much of what rules speak of, and a little of everything else.
    private static readonly Gen<string> AnyName = Gen.Frequency(
        (4, Gen.Char['a', 'e'].Select(x => x.ToString())),
        (3, Gen.OneOf("/", ".", "..", "é", "😀", "中")),
        (1, Gen.OneOf(",", "*", "%", "%2F", "?", "#", "+", " ", "\\", "~", "\u007f", "\u0085", "\0", "\n")),
        (1, Gen.Char['\u0020', '\ud7ff'].Select(x => x.ToString()))).Array[0, 12].Select(string.Concat);

    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c")]
    [InlineData("Ä/中/😀")]
    [InlineData("...")]
    [InlineData(".a/a.")]
    [InlineData("a b")]
    [InlineData("50%")]
    [InlineData("-")]
    [InlineData("a?b#c")]
    [InlineData("numbers")]
    public void Violation_Name_IsNone(string name) => Assert.Null(ChannelName.Violation(name));

    [Theory]
    [InlineData("", "at least 1 byte")]
    [InlineData("/", "empty segment")]
    [InlineData("/a", "empty segment")]
    [InlineData("a/", "empty segment")]
    [InlineData("a//b", "empty segment")]
    [InlineData(".", "'.' or '..' segment")]
    [InlineData("..", "'.' or '..' segment")]
    [InlineData("a/./b", "'.' or '..' segment")]
    [InlineData("a/..", "'.' or '..' segment")]
    [InlineData("a,b", "no ','")]
    [InlineData("a/*", "no '*'")]
    [InlineData("a\0", "control characters")]
    [InlineData("a\nb", "control characters")]
    [InlineData("\u007f", "control characters")]
    [InlineData("\u0085", "control characters")]
    public void Violation_NoName_NamesTheRule(string name, string rule) => Assert.Contains(rule, ChannelName.Violation(name));

    [Fact]
    public void Violation_HalfOfASurrogatePair_IsNoUtf8()
    {
        // Not as theory data: such strings do not survive a test report either.
        Assert.Contains("UTF-8", ChannelName.Violation("a\ud83d"));
        Assert.Contains("UTF-8", ChannelName.Violation("\ude00a"));
        Assert.Contains("UTF-8", ChannelName.Violation("\ud83d\ud83d\ude00"));
        Assert.Null(ChannelName.Violation("\ud83d\ude00\ud83d\ude00"));
    }

    [Theory]
    [InlineData("a", 256)]
    [InlineData("é", 128)]
    [InlineData("中", 85)]
    [InlineData("😀", 64)]
    public void Violation_Length_CountsBytesOfUtf8(string character, int fit)
    {
        Assert.Null(ChannelName.Violation(Repeat(character, fit)));
        Assert.Contains("at most 256 bytes", ChannelName.Violation(Repeat(character, fit + 1)));
    }

    [Fact]
    public void ReadName_AnyNamePercentEncoded_GivesItBackOrTheRuleThatItBreaks() => AnyName.Sample(
        name =>
        {
            var rule = RequestPath.ReadName(Encode(name), out var read);
            Assert.Equal(ChannelName.Violation(name), rule);
            if (rule is null)
            {
                Assert.Equal(name, read);
            }
        },
        iter: 20_000);

    [Fact]
    public void ReadName_AnyAcceptedPath_GivesAName() => AnyName.Sample(
        path =>
        {
            // As it is: whatever reads as a name is one, and its own encoding leads to it.
            if (RequestPath.ReadName("/" + path, out var name) is null)
            {
                Assert.Null(ChannelName.Violation(name));
                Assert.Null(RequestPath.ReadName(Encode(name), out var again));
                Assert.Equal(name, again);
                if (!path.Contains('%'))
                {
                    Assert.Equal(path, name);
                }
            }
        },
        iter: 20_000);

    [Theory]
    [InlineData("numbers", true)]
    [InlineData("announce", true)]
    [InlineData("Numbers", false)]
    [InlineData("numbers/a", false)]
    [InlineData("a", false)]
    public void IsReadOnly_Name_IsThatOfTheGatewaysOwnChannels(string name, bool expected) => Assert.Equal(expected, ChannelName.IsReadOnly(name));

    private static string Encode(string name)
    {
        var path = new StringBuilder("/");
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            path.Append(char.IsAsciiLetterOrDigit((char)b) || b == '/' ? ((char)b).ToString() : $"%{b:x2}");
        }

        return path.ToString();
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
