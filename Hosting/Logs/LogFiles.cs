namespace OrleansGateway.Hosting;

/// <summary>
/// The names of a part's log: <c>node-1.log</c> is written to, <c>node-1.1.log</c> is the one before it, and so on.
/// </summary>
/// <param name="path">The path of the one that is written to.</param>
internal sealed class LogFiles(string path)
{
    private readonly string _stem = Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path));

    /// <summary>The path of a file: 0 is the one that is written to, 1 the newest of the older ones.</summary>
    public string this[int age] => age == 0 ? path : FormattableString.Invariant($"{_stem}.{age}.log");

    /// <summary>Where the next one is made before it gets its name.</summary>
    public string Next => $"{_stem}.next.log";

    /// <summary>How old the file of a path is, in this directory by whatever name; null when it is none of this log.</summary>
    public int? AgeOf(string file)
    {
        var name = Path.GetFileName(file);
        for (var age = 0; age <= LogOptions.MaxFiles; age++)
        {
            if (Path.GetFileName(this[age]) == name)
            {
                return age;
            }
        }

        return null;
    }

    /// <summary>Gives each file the name of the next older one, and removes those that are too old. The name of the newest is free then.</summary>
    /// <param name="keep">How many files there may be with the one that is to come.</param>
    /// <exception cref="IOException">The directory can't be written to.</exception>
    public void Shift(int keep)
    {
        for (var age = LogOptions.MaxFiles; age >= 0; age--)
        {
            if (!File.Exists(this[age]))
            {
                continue;
            }

            if (age + 1 >= keep)
            {
                File.Delete(this[age]);
            }
            else
            {
                File.Move(this[age], this[age + 1], overwrite: true);
            }
        }
    }
}
