using System.Text;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class MessageTextTests
{
    [Theory]
    [InlineData("text/plain", true)]
    [InlineData("text/html; charset=utf-8", true)]
    [InlineData("TEXT/PLAIN", true)]
    [InlineData(" text/csv ;header=present", true)]
    [InlineData("application/json", true)]
    [InlineData("application/json;charset=utf-8", true)]
    [InlineData("Application/JSON", true)]
    [InlineData("application/xml", true)]
    [InlineData("application/x-ndjson", true)]
    [InlineData("application/ld+json", true)]
    [InlineData("application/atom+XML; type=entry", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/x-www-form-urlencoded", true)]
    [InlineData("application/octet-stream", false)]
    [InlineData("image/png", false)]
    [InlineData("application/jsonx", false)]
    [InlineData("application/json+zip", false)]
    [InlineData("multipart/form-data; boundary=text/plain", false)]
    [InlineData("x-text/plain", false)]
    [InlineData("", false)]
    public void IsTextType_Type_SaysSo(string type, bool expected) => Assert.Equal(expected, MessageText.IsTextType(type));

    [Theory]
    [InlineData(null, "ä", true)]
    [InlineData("text/plain", "ä", true)]
    [InlineData("application/octet-stream", "a", false)]
    [InlineData("text/plain", "", true)]
    public void IsText_Utf8_DependsOnItsType(string? type, string body, bool expected) =>
        Assert.Equal(expected, MessageText.IsText(Entries.Of(body, type).Message));

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain; charset=iso-8859-1")]
    [InlineData("application/json")]
    public void IsText_OtherBytes_AreNone(string? type)
    {
        Assert.False(MessageText.IsText(Entries.Of(Encoding.Latin1.GetBytes("ä"), type).Message));
        Assert.False(MessageText.IsText(Entries.Of([0xed, 0xa0, 0x80], type).Message));
    }
}
