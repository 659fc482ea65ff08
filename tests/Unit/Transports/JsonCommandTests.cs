using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansGateway.Http;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class JsonCommandTests
{
    private const int Limit = 100;

    [Theory]
    [InlineData("""{"publish":"hi"}""", "hi", "text/plain; charset=utf-8", null, null)]
    [InlineData("""{"publish":""}""", "", "text/plain; charset=utf-8", null, null)]
    [InlineData("""{"ref":1,"key":"k","type":"application/json","channel":"c","publish":"{}"}""", "{}", "application/json", "k", "1")]
    [InlineData("""{"publish":"aGk=","encoding":"base64","ref":"a"}""", "hi", "application/octet-stream", null, "\"a\"")]
    [InlineData("""{"publish":"hi","channel":null,"type":null,"encoding":null,"key":null,"ref":null}""", "hi", "text/plain; charset=utf-8", null, null)]
    public void Read_Publish_IsAPublication(string text, string body, string type, string? key, string? reference)
    {
        Assert.Null(Read(text, out var command));
        Assert.Equal((body, type), (Encoding.UTF8.GetString(command.Publication.Message.Body), command.Publication.Message.ContentType));
        Assert.Equal((key, reference), (command.Publication.Key, command.Reference?.GetRawText()));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("hello", "not JSON")]
    [InlineData("""{"publish":"hi"} {"publish":"hi"}""", "not JSON")]
    [InlineData("[]", "object")]
    [InlineData("\"hi\"", "object")]
    [InlineData("{}", "'publish' is missing")]
    [InlineData("""{"publish":null}""", "'publish' is a string")]
    [InlineData("""{"publish":{"a":1}}""", "'publish' is a string")]
    [InlineData("""{"publish":"hi","typ":"x"}""", "'typ'")]
    [InlineData("""{"publish":"hi","type":7}""", "'type' is a string")]
    [InlineData("""{"publish":"hi","type":""}""", "'type' is a media type")]
    [InlineData("""{"publish":"hi","type":"a/b\r\nX: y"}""", "'type' is a media type")]
    [InlineData("""{"publish":"hi","encoding":"gzip"}""", "base64")]
    [InlineData("""{"publish":"h","encoding":"base64"}""", "not base64")]
    [InlineData("""{"publish":"hi","key":""}""", "A key")]
    [InlineData("""{"publish":"hi","key":"ä"}""", "A key")]
    [InlineData("""{"publish":"hi","channel":"d"}""", "'c'")]
    [InlineData("""{"publish":"hi","ref":{}}""", "'ref'")]
    [InlineData("""{"publish":"\ud800"}""", "Unicode")]
    [InlineData("""{"publish":"hi","ref":"\ud800"}""", "Unicode")]
    public void Read_Malformed_IsAnErrorThatSaysWhat(string text, string detail)
    {
        var problem = Read(text, out _);
        Assert.Equal(400, problem?.Status);
        Assert.Contains(detail, problem!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"publish":1,"ref":7}""")]
    [InlineData("""{"what":1,"ref":7,"publish":1}""")]
    [InlineData("""{"ref":7}""")]
    [InlineData("""{"publish":"hi","ref":7,"key":""}""")]
    public void Read_MalformedWithAReference_KeepsIt(string text)
    {
        Assert.NotNull(Read(text, out var command));
        Assert.Equal(7, command.Reference?.GetInt32());
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(101, 413)]
    public void Read_Size_IsThatOfTheMessage(int length, int? status)
    {
        Assert.Equal(status, Read($$"""{"publish":"{{new string('x', length)}}"}""", out _)?.Status);
        Assert.Equal(status, Read($$"""{"publish":"{{Convert.ToBase64String(new byte[length])}}","encoding":"base64"}""", out _)?.Status);
    }

    [Fact]
    public void Read_ReferenceTooLong_Is400() => Assert.Equal(400, Read($$"""{"publish":"","ref":"{{new string('r', 256)}}"}""", out _)?.Status);

    [Fact]
    public void Read_AnyBytes_NeverThrows() => Gen.OneOf(
        Gen.Byte.Array[0, 40],
        Gen.String.Select(x => JsonSerializer.SerializeToUtf8Bytes(new { publish = x, @ref = x }))).Sample(bytes => JsonCommand.Read(bytes, new Subject("c"), Limit, out _));

    private static Problem? Read(string text, out JsonCommand command) => JsonCommand.Read(Encoding.UTF8.GetBytes(text), new Subject("c"), Limit, out command);
}
