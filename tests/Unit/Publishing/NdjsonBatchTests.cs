using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Tests.Unit.Publishing;

public class NdjsonBatchTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("1\n", "1")]
    [InlineData("1\n2", "1|2")]
    [InlineData("1\r\n2\r\n", "1|2")]
    [InlineData("\n\n1\n\r\n \t\n2\n\n", "1|2")]
    [InlineData(" {\"a\": \"b\"} \n[ ]\n\"ä\"\nnull\ntrue\n-1.5e3", " {\"a\": \"b\"} |[ ]|\"ä\"|null|true|-1.5e3")]
    [InlineData("\"\\ud800\"", "\"\\ud800\"")]
    public void Read_Lines_AreMessagesAsTheyCame(string body, string expected)
    {
        Assert.Null(Read(body, out var messages));
        Assert.Equal(expected.Split('|'), messages);
    }

    [Theory]
    [InlineData("hello", 1)]
    [InlineData("1\n\n2\n{", 4)]
    [InlineData("1 2", 1)]
    [InlineData("[1,]", 1)]
    [InlineData("1 // one", 1)]
    [InlineData("'a'", 1)]
    [InlineData("1\nNaN", 2)]
    [InlineData("\ufeff1", 1)]
    public void Read_LineThatIsNotJson_Is400WithItsNumber(string body, int line)
    {
        var problem = Read(body, out _);
        Assert.Equal(400, problem?.Status);
        Assert.Contains($"Line {line} ", problem!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BrokenUtf8_Is400() => Assert.Equal(400, NdjsonBatch.Read([(byte)'"', 0xff, (byte)'"'], out _)?.Status);

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n\t\n")]
    public void Read_NothingInIt_Is400(string body) => Assert.Equal(400, Read(body, out _)?.Status);

    [Theory]
    [InlineData(1000, null)]
    [InlineData(1001, 413)]
    public void Read_Count_IsLimited(int count, int? status)
    {
        Assert.Equal(status, Read(string.Concat(Enumerable.Repeat("1\n\n", count)), out var messages)?.Status);
        Assert.Equal(status is null ? count : 0, messages.Length);
    }

    [Fact]
    public void Read_Nested_IsJsonHoweverDeep() => Assert.Null(Read(new string('[', 10_000) + new string(']', 10_000), out _));

    [Fact]
    public void Read_AnyTexts_ComeBackAsTheyWere() => Gen.String.Array[1, 20].Sample(texts =>
    {
        Assert.Null(Read(string.Join('\n', texts.Select(x => JsonSerializer.Serialize(x))), out var messages));
        Assert.Equal(texts.Select(x => JsonSerializer.Serialize(x)), messages);
    });

    [Theory]
    [InlineData("", "text/plain", false, null)]
    [InlineData("?batch=0", "text/plain", false, null)]
    [InlineData("", "application/x-ndjson", false, null)]
    [InlineData("?batch=1", "application/x-ndjson", true, null)]
    [InlineData("?batch=1", "Application/X-NDJSON; charset=utf-8", true, null)]
    [InlineData("?batch=1", "application/json", true, 415)]
    [InlineData("?batch=1", null, true, 415)]
    [InlineData("?batch=2", "application/x-ndjson", false, 400)]
    [InlineData("?batch=true", "application/x-ndjson", false, 400)]
    public void IsAsked_QueryAndType_HaveToAgree(string query, string? type, bool asked, int? status)
    {
        var request = new DefaultHttpContext().Request;
        (request.QueryString, request.ContentType) = (new QueryString(query), type);
        Assert.Equal(status, NdjsonBatch.IsAsked(request, out var batch)?.Status);
        Assert.Equal(asked, batch);
    }

    private static OrleansGateway.Http.Problem? Read(string body, out string[] messages)
    {
        var problem = NdjsonBatch.Read(Encoding.UTF8.GetBytes(body), out var drafts);
        Assert.All(drafts, x => Assert.Equal("application/json", x.ContentType));
        messages = [.. drafts.Select(x => Encoding.UTF8.GetString(x.Body))];
        return problem;
    }
}
