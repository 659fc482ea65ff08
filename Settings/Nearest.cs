namespace OrleansGateway.Settings;

/// <summary>Finds what somebody meant who mistyped it.</summary>
public static class Nearest
{
    /// <summary>The candidate that is nearest to a word, or null where none is near enough to be meant.</summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(candidates);
        var letters = word.TrimStart('-');
        var nearest = candidates
            .Select(x => (Candidate: x, Distance: Distance(letters, x.TrimStart('-'))))
            .OrderBy(x => x.Distance)
            .FirstOrDefault();
        return nearest.Candidate is not null && nearest.Distance <= Math.Max(1, letters.Length / 3) ? nearest.Candidate
            : letters.Length < 3 ? null
            : candidates.FirstOrDefault(x => x.TrimStart('-').StartsWith(letters, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>How many letters must be put in, left out, changed or swapped with the next one, whatever their case.</summary>
    internal static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(table[i - 1, j], table[i, j - 1]) + 1,
                    table[i - 1, j - 1] + (Same(i, j) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j))
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];

        bool Same(int i, int j) => char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
    }
}
