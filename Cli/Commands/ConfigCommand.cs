using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Configuration;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway config</c>: every setting, its value, where that came from, and what it means.</summary>
internal static class ConfigCommand
{
    private const int ColumnsOfAPipe = 120;

    public static Command Create()
    {
        var command = new Command("config", "Shows every setting: its value, who said so, default, unit, what it means, and whether a reload applies a change");
        var word = new Argument<string?>("word") { Description = "Only those settings that have it in their name or meaning", HelpName = "WORD", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var sample = new Option<bool>("--sample") { Description = "Print an appsettings.json with all settings as comments instead" };
        var markdown = new Option<bool>("--markdown") { Description = "Print the page of the documentation instead" };
        command.Add(word);
        command.Add(json);
        command.Add(sample);
        command.Add(markdown);
        var options = new SettingOptions(command, [.. SettingOptions.Common, GatewaySettings.Nodes, GatewaySettings.Rate, GatewaySettings.User, GatewaySettings.Group]);
        command.SetAction(result => Print(
            (result.GetValue(json), result.GetValue(sample), result.GetValue(markdown)) switch
            {
                (false, true, false) => ConfigSample.Write(),
                (false, false, true) => ConfigPage.Write(),
                (_, false, false) => Values(result.GetValue(word), result.GetValue(json), options.Read(result)),
                _ => throw new CommandFailure("--json, --sample and --markdown exclude each other", ExitCode.BadSetting),
            }));
        return command;
    }

    private static int Print(string text)
    {
        StandardOutput.TryWrite(text);
        return ExitCode.Success;
    }

    private static string Values(string? word, bool json, IReadOnlyDictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, Intent.Show);
        var rows = SettingRow.Of(gateway.Configuration).Where(x => word is null || Has(x.Key) || Has(x.Setting.Meaning) || Has(x.Setting.Flag)).ToList();
        if (rows.Count == 0)
        {
            var nearest = Nearest.To(word!, GatewaySettings.All.Select(x => x.Key[(x.Key.LastIndexOf(':') + 1)..]));
            throw new CommandFailure($"no setting has to do with '{word}'{(nearest is null ? "" : $"; did you mean {nearest}?")}", ExitCode.BadSetting);
        }

        return json
            ? ConfigJson.Write(rows, gateway.Directory) + "\n"
            : string.Concat(ConfigText.Lines(rows, Screen.Columns ?? ColumnsOfAPipe).Select(x => (Screen.HasColours ? Screen.Coloured(x.Text, x.Tone) : x.Text) + "\n"));

        bool Has(string text) => text.Contains(word!, StringComparison.OrdinalIgnoreCase);
    }
}
