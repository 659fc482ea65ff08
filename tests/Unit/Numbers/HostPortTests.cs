using OrleansGateway.Numbers;

namespace OrleansGateway.Tests.Unit.Numbers;

public class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:7776", "127.0.0.1", 7776)]
    [InlineData("localhost:0", "localhost", 0)]
    [InlineData("numbers.example.org:65535", "numbers.example.org", 65535)]
    [InlineData("[::1]:7776", "::1", 7776)]
    public void TryParse_HostAndPort_GivesBothAndWritesThemTheSame(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out var parsed));
        Assert.Equal(new HostPort(host, port), parsed);
        Assert.Equal(text, parsed.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("7776")]
    [InlineData(":7776")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:-1")]
    [InlineData("localhost: 1")]
    [InlineData("::1:7776")]
    [InlineData("[foo]:7776")]
    [InlineData("http://localhost:80")]
    public void TryParse_SomethingElse_IsFalse(string? text) => Assert.False(HostPort.TryParse(text, out _));

    [Fact]
    public void Default_IsPinned() => Assert.Equal("127.0.0.1:7776", HostPort.Default.ToString());
}
