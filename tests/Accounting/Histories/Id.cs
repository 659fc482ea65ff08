namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>The place of a message in its channel, as the gateway tells it: <c>epoch-offset</c>.</summary>
internal readonly record struct Id(string Epoch, long Offset)
{
    public static Id Parse(string text)
    {
        var dash = text.LastIndexOf('-');
        return dash > 0 && long.TryParse(text.AsSpan(dash + 1), out var offset)
            ? new Id(string.Intern(text[..dash]), offset)
            : throw new FormatException($"'{text}' is no id");
    }

    public override string ToString() => $"{Epoch}-{Offset}";
}
