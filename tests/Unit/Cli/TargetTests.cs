using OrleansGateway.Cli;
using OrleansGateway.Cli.Commands;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class TargetTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("numbers", "numbers")]
    [InlineData("node 2", "node-2")]
    [InlineData("node-2", "node-2")]
    public void Parse_OfAPart_IsItsName(string words, string? expected) => Assert.Equal(expected, Target.Parse(Words(words)));

    [Theory]
    [InlineData("node", "which node? node K; allowed for K is a number, 1 to 1000")]
    [InlineData("node x", "the number of a node is 'x'; allowed is a number, 1 to 1000")]
    [InlineData("node 0", "the number of a node is '0'; allowed is a number, 1 to 1000")]
    [InlineData("numbrs", "'numbrs' is no part; allowed is node K or numbers, or nothing for all; did you mean numbers?")]
    [InlineData("node 1 node 2", "'node 1 node 2' is no part; allowed is node K or numbers, or nothing for all; did you mean node?")]
    public void Parse_OfSomethingElse_SaysWhatIsAllowed(string words, string expected)
    {
        var failure = Assert.Throws<CommandFailure>(() => Target.Parse(Words(words)));

        Assert.Equal(expected, failure.Message);
        Assert.Equal(ExitCode.BadSetting, failure.ExitCode);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
