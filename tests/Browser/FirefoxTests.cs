namespace OrleansGateway.Tests.Browser;

/// <summary>The tail viewer in Firefox, which shows text too.</summary>
[Collection(UnhurtPages.Name)]
public sealed class FirefoxTests(SharedNodes shared)
{
    [Fact]
    public async Task Tail_TextIsPublished_ShowsEachAsItComes()
    {
        var channel = SharedNodes.FreshChannel();
        await shared.Nodes.Publish(2, channel, "before");
        await using var firefox = await Firefox.Start();
        await firefox.Open(new Uri(shared.Nodes.Address(1), $"{channel}?as=tail"));
        await Shows("before");
        foreach (var text in new[] { "first", "zweite ✓", "<script>document.body.textContent = 'run'</script>", "last" })
        {
            await shared.Nodes.Publish(3, channel, text);
            await Shows(text);
        }

        async Task Shows(string text)
        {
            var shown = string.Empty;
            await Until.True(async () => (shown = (await firefox.Text()).Trim()) == text, () => $"'{text}' is shown, not '{shown}'");
        }
    }
}
