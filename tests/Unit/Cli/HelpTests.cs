using OrleansGateway.Cli.Commands;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class HelpTests
{
    private static readonly (string Command, string Meaning)[] Examples = [("  gateway a", "does this and then that"), ("  gateway b --first 1 --second 22 --third 333", "does all")];

    [Fact]
    public void Lines_OfExamples_FitAndContinueAsShellsDo()
    {
        const string Narrow = """
              gateway a  does this and then
                         that
              gateway b --first 1 --second 22 \
                  --third 333
                         does all
            """;
        const string Wide = """
              gateway a                                    does this and then that
              gateway b --first 1 --second 22 --third 333  does all
            """;

        Assert.Equal(Narrow, string.Join('\n', HelpWithExamples.Lines(Examples, 35)));
        Assert.Equal(Wide, string.Join('\n', HelpWithExamples.Lines(Examples, int.MaxValue)));
    }

    [Fact]
    public void Of_EachPart_IsNoWiderThanATerminal() =>
        Assert.All(new[] { Parts.Node, Parts.Numbers }.SelectMany(x => PartHelp.Of(x).Split('\n')), x => Assert.InRange(x.Length, 0, 79));
}
