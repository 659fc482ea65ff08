using OrleansGateway.Http;

namespace OrleansGateway.Tests.Unit.Http;

public class RequestPathTests
{
    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a?b", "/a")]
    [InlineData("/a?b=/c", "/a")]
    [InlineData("/a?b?c", "/a")]
    [InlineData("/a#b", "/a")]
    [InlineData("/?a", "/")]
    [InlineData("/a%3Fb", "/a%3Fb")]
    [InlineData("http://host/a", "/a")]
    [InlineData("http://host:8088/a/b?c=d", "/a/b")]
    [InlineData("HTTPS://[::1]:8088/a", "/a")]
    [InlineData("http://host", "/")]
    [InlineData("http://host/", "/")]
    [InlineData("http://host?a=b", "/")]
    [InlineData("http://host?a=/b", "/")]
    [InlineData("/http://host/a", "/http://host/a")]
    [InlineData("/a?to=http://host/b", "/a")]
    public void PathOf_Target_IsWithoutHostAndQuery(string target, string path) => Assert.Equal(path, RequestPath.PathOf(target).ToString());

    [Theory]
    [InlineData("/a", "a")]
    [InlineData("/a/b", "a/b")]
    [InlineData("/a+b", "a+b")]
    [InlineData("/a%20b", "a b")]
    [InlineData("/%61", "a")]
    [InlineData("/%C3%a4", "ä")]
    [InlineData("/ä", "ä")]
    [InlineData("/😀%F0%9F%98%80", "😀😀")]
    [InlineData("/%25", "%")]
    [InlineData("/%252F", "%2F")]
    [InlineData("/%3Fa%23", "?a#")]
    [InlineData("/%EF%BB%BFa", "\ufeffa")]
    public void ReadName_Path_IsDecodedOnce(string path, string expected)
    {
        Assert.Null(RequestPath.ReadName(path, out var name));
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("", "begins with '/'")]
    [InlineData("*", "begins with '/'")]
    [InlineData("a", "begins with '/'")]
    [InlineData("/", "at least 1 byte")]
    [InlineData("/a%2Fb", "%2F")]
    [InlineData("/a%2fb", "%2F")]
    [InlineData("/a,b", "','")]
    [InlineData("/a%2Cb", "','")]
    [InlineData("/a%2cb", "','")]
    [InlineData("/a/*", "'*'")]
    [InlineData("/a/%2A", "'*'")]
    [InlineData("/a//b", "empty segment")]
    [InlineData("/a/", "empty segment")]
    [InlineData("//a", "empty segment")]
    [InlineData("/a/%2e%2E/b", "'..'")]
    [InlineData("/%2e", "'.'")]
    [InlineData("/a%00", "control characters")]
    [InlineData("/a%0A", "control characters")]
    [InlineData("/%7F", "control characters")]
    [InlineData("/%C2%85", "control characters")]
    [InlineData("/%", "two hexadecimal digits")]
    [InlineData("/a%2", "two hexadecimal digits")]
    [InlineData("/%zz", "two hexadecimal digits")]
    [InlineData("/%-1", "two hexadecimal digits")]
    [InlineData("/%%41", "two hexadecimal digits")]
    [InlineData("/%FF", "UTF-8")]
    [InlineData("/%C3", "UTF-8")]
    [InlineData("/%C3a", "UTF-8")]
    [InlineData("/%C0%AF", "UTF-8")]
    [InlineData("/%ED%A0%80", "UTF-8")]
    [InlineData("/%F5%80%80%80", "UTF-8")]
    public void ReadName_NoName_IsTheRuleThatItBreaks(string path, string rule)
    {
        var broken = RequestPath.ReadName(path, out _);
        Assert.NotNull(broken);
        Assert.Contains(rule, broken);
    }

    [Fact]
    public void ReadName_Length_IsThatOfTheDecodedBytes()
    {
        Assert.Null(RequestPath.ReadName("/" + Repeat("%61", 256), out var name));
        Assert.Equal(new string('a', 256), name);
        Assert.Null(RequestPath.ReadName("/" + Repeat("%C3%A4", 128), out _));

        Assert.Contains("at most 256 bytes", RequestPath.ReadName("/" + Repeat("%61", 257), out _));
        Assert.Contains("at most 256 bytes", RequestPath.ReadName("/" + new string('a', 257), out _));
        Assert.Contains("at most 256 bytes", RequestPath.ReadName("/" + Repeat("ä", 129), out _));
        Assert.Contains("at most 256 bytes", RequestPath.ReadName("/" + new string('%', 100_000), out _));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
