using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansGateway.Cli.Configuration;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary>The flags of the table of settings as options of a command.</summary>
internal sealed class SettingOptions
{
    private readonly Dictionary<Setting, Option<string[]>> _options = [];

    /// <summary>Those settings that every command has.</summary>
    public static IEnumerable<Setting> Common { get; } = GatewaySettings.All.Where(x => x.AcceptedBy == Parts.All);

    /// <summary>Adds settings to a command.</summary>
    public SettingOptions(Command command, IEnumerable<Setting> settings)
    {
        foreach (var setting in settings)
        {
            var option = new Option<string[]>(setting.Flag)
            {
                Description = setting.IsSwitch ? SettingWords.Sentence(setting.Meaning) : $"{SettingWords.Sentence(setting.Meaning)}{(setting.Default.Length == 0 ? "" : $"; default {setting.Default}")}",
                HelpName = setting.IsSwitch ? "true|false" : setting.ValueName,

                // Of a flag that is there twice the last one holds.
                Arity = setting.IsSwitch ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
            };
            _options[setting] = option;
            command.Add(option);
        }
    }

    /// <summary>What the command line says, by the keys of the settings.</summary>
    /// <exception cref="CommandFailure">A value is not allowed.</exception>
    public IReadOnlyDictionary<string, string?> Read(ParseResult result)
    {
        var flags = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (setting, option) in _options)
        {
            if (result.GetResult(option) is { Implicit: false } given)
            {
                var value = given.Tokens.Count == 0 ? "true" : given.Tokens[^1].Value;
                flags[setting.Key] = setting.Refuse(value) is { } refusal ? throw new CommandFailure(refusal, ExitCode.BadSetting) : value;
            }
        }

        return flags;
    }

    /// <summary>The setting that an option is for; null when it is another kind of option.</summary>
    public static Setting? Of(SymbolResult? result) =>
        result is OptionResult { Option: var option } ? GatewaySettings.All.FirstOrDefault(x => x.Flag == option.Name) : null;
}
