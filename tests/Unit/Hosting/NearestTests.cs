namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class NearestTests
{
    private static readonly string[] Commands = ["up", "start", "stop", "restart", "reload", "status", "logs"];

    [Theory]
    [InlineData("strat", "start")]
    [InlineData("stauts", "status")]
    [InlineData("relaod", "reload")]
    [InlineData("stpo", "stop")]
    [InlineData("log", "logs")]
    [InlineData("resta", "restart")]
    [InlineData("START", "start")]
    public void To_AMistypedWord_FindsWhatWasMeant(string word, string meant) => Assert.Equal(meant, Nearest.To(word, Commands));

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("x")]
    [InlineData("")]
    public void To_AnotherWord_FindsNothing(string word) => Assert.Null(Nearest.To(word, Commands));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("http", "htpp", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_OfTwoWords_CountsChanges(string a, string b, int expected)
    {
        Assert.Equal(expected, Nearest.Distance(a, b));
        Assert.Equal(expected, Nearest.Distance(b, a));
    }
}
