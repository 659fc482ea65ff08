using Microsoft.AspNetCore.Http;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class PollRequestTests
{
    [Theory]
    [InlineData("?poll=1", "json", 0)]
    [InlineData("?poll=1&as=json", "json", 0)]
    [InlineData("?poll=1&as=raw&wait=30s", "raw", 30)]
    [InlineData("?poll=1&wait=2m", "json", 120)]
    [InlineData("?poll=1&wait=0s", "json", 0)]
    [InlineData("?poll=1&wait=99h", "json", 600)]
    [InlineData("?poll=1&wait=9223372036854775807h", "json", 600)]
    public void Read_Poll_IsAForm(string query, string form, int seconds)
    {
        Assert.Null(Read(query, out var poll));
        Assert.Equal(form == "raw" ? MessageEncoder.Raw : MessageEncoder.Json, poll!.Encoder);
        Assert.Equal(seconds, poll.Wait.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?poll=0")]
    [InlineData("?as=sse&wait=30s")]
    public void Read_NoPoll_IsNone(string query)
    {
        Assert.Null(Read(query, out var poll));
        Assert.Null(poll);
    }

    [Theory]
    [InlineData("?poll=yes")]
    [InlineData("?poll=1&as=sse")]
    [InlineData("?poll=1&as=ws")]
    [InlineData("?poll=1&render=svg")]
    [InlineData("?poll=1&wait=soon")]
    [InlineData("?poll=1&wait=30")]
    [InlineData("?poll=1&wait=s")]
    [InlineData("?poll=1&wait=-1s")]
    [InlineData("?poll=1&wait=1.5s")]
    public void Read_Malformed_Is400(string query) => Assert.Equal(400, Read(query, out _)?.Status);

    private static OrleansGateway.Http.Problem? Read(string query, out PollRequest? poll)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        return PollRequest.Read(request, out poll);
    }
}
