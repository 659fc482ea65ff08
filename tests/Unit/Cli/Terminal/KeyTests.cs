using System.Text;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Tests.Unit.Cli.Terminal;

public sealed class KeyTests
{
    [Theory]
    [InlineData("a", "Character a")]
    [InlineData("2é\r\n", "Character 2|Character é|Enter|Enter")]
    [InlineData("\e[A\eOB\e[C\e[D", "Up|Down|Right|Left")]
    [InlineData("\e[5~\e[6~\e[H\e[4~\e[1~", "PageUp|PageDown|Home|End|Home")]
    [InlineData("\e", "Escape")]
    [InlineData("\e[200~x", "Character x")]
    [InlineData("\e[1;5A", "Up")]
    [InlineData("\e[", "")]
    [InlineData("\u007f\b\u0001", "Backspace|Backspace")]
    public void Parse_WhatATerminalSends_IsKeys(string text, string expected) => Assert.Equal(
        expected,
        string.Join('|', Key.Parse(Encoding.UTF8.GetBytes(text)).Select(x => x.Kind == KeyKind.Character ? $"Character {x.Character}" : x.Kind.ToString())));

    [Theory]
    [InlineData("2", "KillOrStart 2")]
    [InlineData("g3", "Nothing 0|Stop 3")]
    [InlineData("gx3", "Nothing 0|Nothing 0|KillOrStart 3")]
    [InlineData("0q?", "Nothing 0|Quit 0|Help 0")]
    public void Take_KeysOfUp_AreWishes(string text, string expected)
    {
        var keys = new UpKeys();

        Assert.Equal(expected, string.Join('|', Key.Parse(Encoding.UTF8.GetBytes(text)).Select(keys.Take).Select(x => $"{x.Wish} {x.Node}")));
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("名前", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🦆", 2)]
    public void WidthOf_AText_IsItsColumns(string text, int expected) => Assert.Equal(expected, StyledLine.WidthOf(text));

    [Theory]
    [InlineData("abc", 5, false, "abc  ")]
    [InlineData("abc", 5, true, "  abc")]
    [InlineData("abcdef", 5, false, "abcd…")]
    [InlineData("名前名前", 6, false, "名前… ")]
    [InlineData("abc", 0, false, "")]
    public void Pad_AText_IsAsWideAsItShouldBe(string text, int width, bool right, string expected) => Assert.Equal(expected, StyledLine.Pad(text, width, right));

    [Fact]
    public void Harmless_OfAName_ChangesNoTerminal() => Assert.Equal("a·[31m·b", StyledLine.Harmless("a\e[31m\u202eb"));
}
