using System.Collections;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace OrleansGateway.Hosting;

/// <summary>The values that one place gives, as they are read once. A list is one value: who says one of its elements says all of it.</summary>
internal sealed class Layer : ConfigurationProvider, IConfigurationSource
{
    private readonly Func<string, Origin> _origin;

    private Layer(IEnumerable<KeyValuePair<string, string?>> values, Func<string, Origin> origin)
    {
        _origin = origin;

        // What is null is not said.
        Data = new Dictionary<string, string?>(values.Where(x => x.Value is not null), StringComparer.OrdinalIgnoreCase);
        foreach (var list in GatewaySettings.All.Where(x => x.IsList))
        {
            Join(list.Key);
        }
    }

    /// <summary>The values of a file, which is there.</summary>
    /// <exception cref="InvalidDataException">It is no JSON, or says something twice.</exception>
    public static Layer OfFile(string path)
    {
        try
        {
            // All of it at once: what is read while it is written is at least one state of it.
            using var text = new MemoryStream(File.ReadAllBytes(path));
            var root = new ConfigurationBuilder().AddJsonStream(text).Build();
            return new Layer(root.AsEnumerable(), _ => new Origin(OriginKind.File, path));
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw new InvalidDataException($"{path} can't be read: {GatewayConfiguration.InOneLine(exception.InnerException ?? exception)}", exception);
        }
    }

    /// <summary>The values of this process's environment.</summary>
    public static Layer OfEnvironment()
    {
        var variables = new Dictionary<string, (string Name, string? Value)>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            variables[name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal)] = (name, (string?)variable.Value);
        }

        return new Layer(
            variables.Select(x => KeyValuePair.Create(x.Key, x.Value.Value)),
            key => new Origin(OriginKind.Environment, variables.TryGetValue(key, out var variable) ? variable.Name : Setting.VariableOf(key)));
    }

    /// <summary>Values that are known already.</summary>
    public static Layer Of(IReadOnlyDictionary<string, string?> values, OriginKind kind) =>
        new(values, key => new Origin(kind, kind == OriginKind.Flag ? GatewaySettings.Find(key)?.Setting.Flag ?? string.Empty : string.Empty));

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public Origin OriginOf(string key) => _origin(key);

    private void Join(string list)
    {
        var elements = Data.Keys.Where(x => x.StartsWith(list + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase))
            .Order(ConfigurationKeyComparer.Instance)
            .ToArray();
        if (elements.Length > 0)
        {
            Data[list] = string.Join(',', elements.Select(x => Data[x]));
            foreach (var element in elements)
            {
                Data.Remove(element);
            }
        }
    }
}
