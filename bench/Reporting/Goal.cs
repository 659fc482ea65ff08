namespace OrleansGateway.Bench.Reporting;

/// <summary>A goal and what was measured.</summary>
/// <param name="Case">Of which case.</param>
/// <param name="What">The figure, and what it is compared with.</param>
/// <param name="Value">It.</param>
/// <param name="Limit">Its bound.</param>
/// <param name="AtMost">Whether it may not be above the bound; otherwise not below it.</param>
/// <param name="Unit">Of both.</param>
internal sealed record Goal(string Case, string What, double Value, double Limit, bool AtMost, string Unit)
{
    public bool IsMet => AtMost ? Value <= Limit : Value >= Limit;

    public string Bound => $"{(AtMost ? "≤" : "≥")} {Text(Limit)}";

    public string Measured => Text(Value);

    public string Verdict => IsMet ? "met"
        : double.IsNaN(Value) ? "not measured"
        : Limit == 0 ? $"MISSED by {Measured}"
        : $"MISSED by {Math.Abs(Value - Limit) / Limit:0 %}";

    private string Text(double value) => Unit == "×" ? $"{value:0.00} ×" : $"{value.ToString(value < 100 ? "0.##" : "#,0")} {Unit}".TrimEnd();
}
