using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>
/// The configuration of a process that runs. It is one source of its host: what is read anew is put in its place all at once, when all of it is
/// valid. What needs a restart stays as it was at the start.
/// </summary>
/// <param name="part">Whose it is.</param>
/// <param name="directory">Where <c>appsettings.json</c> is looked for.</param>
/// <param name="flags">What the command line says: it wins over the file after a reload, too.</param>
/// <param name="start">The configuration as it was read at the start, which is valid.</param>
internal sealed class RunningConfiguration(Parts part, string directory, IReadOnlyDictionary<string, string?> flags, IConfiguration start)
{
    private readonly Source _source = new(Flat(start));
    private bool _hadFile = HasFile(directory);

    /// <summary>The directory of the file.</summary>
    public string Directory => directory;

    /// <summary>Whether the file is gone that was there when the values were read.</summary>
    public bool LacksItsFile => _hadFile && !HasFile(directory);

    /// <summary>Gives it to a host.</summary>
    public void AddTo(IConfigurationBuilder builder) => builder.Add(_source);

    /// <summary>Reads all sources anew. Nothing changes yet.</summary>
    /// <param name="next">What to <see cref="Apply"/>, or null.</param>
    /// <param name="error">One line that says what is wrong, or null.</param>
    /// <returns>Whether all of it is valid.</returns>
    public bool TryRead([NotNullWhen(true)] out ConfigurationChange? next, [NotNullWhen(false)] out string? error)
    {
        next = GatewayConfiguration.TryRead(directory, flags, out var configuration, out error) && GatewayConfiguration.TryValidate(configuration, part, out error)
            ? ConfigurationChange.Between(_source.Values, Flat(configuration), part)
            : null;
        return next is not null;
    }

    /// <summary>Puts what was read in the place of what was there, and tells all who read it.</summary>
    public void Apply(ConfigurationChange change)
    {
        _hadFile = HasFile(directory);
        _source.Swap(change.Values);
    }

    private static bool HasFile(string directory) => File.Exists(Path.GetFullPath(GatewayConfiguration.FileName, directory));

    private static Dictionary<string, string?> Flat(IConfiguration configuration) =>
        new(configuration.AsEnumerable().Where(x => x.Value is not null), StringComparer.OrdinalIgnoreCase);

    private sealed class Source(IReadOnlyDictionary<string, string?> values) : ConfigurationProvider, IConfigurationSource
    {
        public IReadOnlyDictionary<string, string?> Values { get; private set; } = values;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() => Data = new Dictionary<string, string?>(Values, StringComparer.OrdinalIgnoreCase);

        public void Swap(IReadOnlyDictionary<string, string?> values)
        {
            Values = values;
            Load();
            OnReload();
        }
    }
}
