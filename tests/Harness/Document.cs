namespace OrleansGateway.Tests.Harness;

/// <summary>A document's examples: the fenced blocks below each heading of the second level.</summary>
internal static class Document
{
    private const string Fence = "```";

    /// <summary>The blocks of a section, in order.</summary>
    internal sealed record Section(string Title, List<Block> Blocks)
    {
        /// <summary>What its blocks of a language say, one after the other.</summary>
        public string Text(string language) => string.Concat(Blocks.Where(x => x.Language == language).Select(x => x.Text));

        /// <summary>Its examples for a shell: the commands of one or several blocks, and what the block after them says that they print.</summary>
        public IEnumerable<(string Commands, string Printed)> Examples()
        {
            var commands = string.Empty;
            foreach (var block in Blocks.Where(x => x.Language is "sh" or "text"))
            {
                if (block.Language == "sh")
                {
                    commands += block.Text;
                }
                else
                {
                    yield return (commands, block.Text);
                    commands = string.Empty;
                }
            }

            if (commands.Length > 0)
            {
                yield return (commands, string.Empty);
            }
        }
    }

    /// <summary>One block.</summary>
    internal readonly record struct Block(string Language, string Text);

    /// <summary>Reads a document of the repository, such as <c>docs/http.md</c>.</summary>
    public static List<Section> Read(string path)
    {
        var sections = new List<Section>();
        string? language = null;
        var text = string.Empty;
        foreach (var line in File.ReadLines(Path.Combine(NodeProcess.Root, path)))
        {
            if (language is null)
            {
                if (line.StartsWith("## ", StringComparison.Ordinal))
                {
                    sections.Add(new Section(line[3..], []));
                }
                else if (line.StartsWith(Fence, StringComparison.Ordinal))
                {
                    (language, text) = (line[Fence.Length..], string.Empty);
                }
            }
            else if (line == Fence)
            {
                sections[^1].Blocks.Add(new Block(language, text));
                language = null;
            }
            else
            {
                text += line + "\n";
            }
        }

        return sections;
    }
}
