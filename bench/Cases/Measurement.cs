using OrleansGateway.Bench.Reporting;

namespace OrleansGateway.Bench.Cases;

/// <summary>What the cases of a run share.</summary>
internal sealed class Measurement(Setup setup)
{
    public Setup Setup => setup;

    public Report Report { get; } = new();

    /// <summary>1, 2, … up to the number of rounds.</summary>
    public IEnumerable<int> Rounds => Enumerable.Range(1, setup.Rounds);

    public void Add(string @case, string form, string server, int round, Figures figures) => Report.Add(new Sample(@case, form, server, round, figures));
}
