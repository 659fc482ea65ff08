namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>What a check found.</summary>
internal sealed class Findings
{
    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    public void Add(Fault fault, string text) => _all.Add(new Finding(fault, text));

    public int Count(params ReadOnlySpan<Fault> faults)
    {
        var count = 0;
        foreach (var fault in faults)
        {
            count += _all.Count(x => x.Fault == fault);
        }

        return count;
    }

    /// <summary>How many there are of each fault, and the first few of each.</summary>
    public override string ToString() => _all.Count == 0
        ? "nothing is wrong"
        : string.Join('\n', _all.GroupBy(x => x.Fault).OrderBy(x => x.Key).Select(x =>
            $"{x.Key}: {x.Count()}\n{string.Join('\n', x.Take(8).Select(y => $"  {y.Text}"))}"));
}
