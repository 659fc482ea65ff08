using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public sealed class ChannelSelectionTests
{
    [Theory]
    [InlineData("b,a,b", "a,b")]
    [InlineData("a/b,a/*", "a/*")]
    [InlineData("a/b/*,a/*,c", "c,a/*")]
    [InlineData("*,a,numbers", "numbers,*")]
    [InlineData("*", "*")]
    [InlineData("ä,é/*", "ä,é/*")]
    public void Read_NamesAndPrefixes_AreWrittenTheSameForAllThatSelectTheSame(string path, string text)
    {
        var selection = Read(path);
        Assert.Equal(text, selection.Text);
        Assert.Equal(text, Read(text).Text);
    }

    [Theory]
    [InlineData("a,", "'': A channel's name has at least 1 byte.")]
    [InlineData(",", "'': A channel's name has at least 1 byte.")]
    [InlineData("a*", "'a*': a '*' stands at the end, alone or after a '/'.")]
    [InlineData("a/*/b", "'a/*/b': a '*' stands at the end, alone or after a '/'.")]
    [InlineData("**", "'**': a '*' stands at the end, alone or after a '/'.")]
    [InlineData("a//b,c", "'a//b': A channel's name has no empty segment (a leading, trailing or doubled '/').")]
    [InlineData("/*", "'/*': A channel's name has at least 1 byte.")]
    [InlineData("a,../*", "'../*': A channel's name has no '.' or '..' segment.")]
    [InlineData("a,-/x", "'-/x': It belongs to the gateway and is no channel.")]
    public void Read_WhatIsNone_SaysTheRule(string path, string rule) =>
        Assert.Equal(rule, ChannelSelection.Read(path, x => x.StartsWith("-/", StringComparison.Ordinal), out _));

    [Fact]
    public void Read_MoreThanAllowed_SaysSo()
    {
        Assert.Null(ChannelSelection.Read(string.Join(',', Enumerable.Range(1, ChannelSelection.MaxParts)), _ => false, out _));
        Assert.Contains("at most 64", ChannelSelection.Read(string.Join(',', Enumerable.Range(1, ChannelSelection.MaxParts + 1)), _ => false, out _), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sensors/*", "sensors/a", true)]
    [InlineData("sensors/*", "sensors/a/b/c", true)]
    [InlineData("sensors/*", "sensors", false)]
    [InlineData("sensors/*", "sensors2/a", false)]
    [InlineData("a,sensors/*", "a", true)]
    [InlineData("*", "anything/at/all", true)]
    [InlineData("*", "numbers", false)]
    [InlineData("*", "announce", false)]
    [InlineData("*,numbers", "numbers", true)]
    [InlineData("*", "numbers/of/mine", true)]
    public void Includes_Channels(string path, string channel, bool included) => Assert.Equal(included, Read(path).Includes(channel));

    private static ChannelSelection Read(string path)
    {
        Assert.Null(ChannelSelection.Read(path, _ => false, out var selection));
        return selection!;
    }
}
