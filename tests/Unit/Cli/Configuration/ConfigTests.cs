using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansGateway.Bridges;
using OrleansGateway.Cli.Configuration;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Hosting;

namespace OrleansGateway.Tests.Unit.Cli.Configuration;

/// <summary>What <c>gateway config</c> prints.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly TemporaryState _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Page_OfTheDocumentation_IsMadeFromTheSettings() =>
        Assert.True(
            File.ReadAllText(Path.Combine(Root(), "docs/configuration.md")) == ConfigPage.Write(),
            "docs/configuration.md is not what the settings say; ./gateway config --markdown >docs/configuration.md makes it anew");

    [Fact]
    public void Sample_AsItIs_SaysNothing()
    {
        Save(ConfigSample.Write());

        Assert.All(Rows(), x => Assert.Equal(OriginKind.Default, x.Origin.Kind));
    }

    [Fact]
    public void Sample_WithoutItsSlashes_SaysEverySettingAndItsDefault()
    {
        Save(Regex.Replace(ConfigSample.Write(), """^( *)// ("|\})""", "$1$2", RegexOptions.Multiline));

        var rows = Rows();

        Assert.All(rows.Where(x => !x.Setting.IsPattern), x =>
        {
            Assert.Equal(OriginKind.File, x.Origin.Kind);
            Assert.Equal(x.Setting.Default, x.Value);
        });
        Assert.All(GatewaySettings.All, x => Assert.Contains(rows, y => y.Setting == x && y.Origin.Kind == OriginKind.File));
        Assert.Contains(rows, x => (x.Key, x.Value) == ("Gateway:Bridges:ticker:Source", "127.0.0.1:9000"));
    }

    [Fact]
    public void Rows_OfSettingsFromEverywhere_SayWhoSaidThem()
    {
        Save("""{ "Gateway": { "PongTimeout": "00:00:20", "Origins": ["https://a.example", "https://b.example"], "Bridges": { "x": { "Source": "127.0.0.1:1" } } }, "Logging": { "LogLevel": { "Orleans": "Debug" } } }""");

        var rows = Rows(("Gateway:Http", "9000"));

        Assert.Equal(("9000", "flag, --http"), ValueAndSource("Gateway:Http"));
        Assert.Equal(("20s", FileName), ValueAndSource("Gateway:PongTimeout"));
        Assert.Equal(("https://a.example,https://b.example", FileName), ValueAndSource("Gateway:Origins"));
        Assert.Equal(("127.0.0.1:1", FileName), ValueAndSource("Gateway:Bridges:x:Source"));
        Assert.Equal(("Debug", FileName), ValueAndSource("Logging:LogLevel:Orleans"));
        Assert.Equal(("Warning", "default"), ValueAndSource("Logging:LogLevel:Microsoft"));
        Assert.Equal((null, "not set"), ValueAndSource("Gateway:Retention:Channels:PATTERN:Age"));

        (string?, string) ValueAndSource(string key)
        {
            var row = Assert.Single(rows, x => x.Key == key);
            return (row.Value, row.Source);
        }
    }

    [Fact]
    public void Json_OfARow_HasAllThatThereIsToSay()
    {
        using var json = JsonDocument.Parse(ConfigJson.Write(Rows(("Gateway:Http", "9000")), "/here"));

        Assert.Equal("/here/appsettings.json", json.RootElement.GetProperty("file").GetString());
        var http = json.RootElement.GetProperty("settings").EnumerateArray().Single(x => x.GetProperty("key").GetString() == "Gateway:Http");
        Assert.Equal(
            """{"key":"Gateway:Http","value":"9000","origin":"flag","from":"--http","default":"8088","kind":"port","unit":null,"allowed":"a port, 1 to 65535","flag":"--http","variable":"Gateway__Http","reloads":false,"meaning":"HTTP port of node 1; node K listens on PORT\u002BK-1"}""",
            JsonSerializer.Serialize(http));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void Text_OfAllSettings_FitsTheTerminal(int columns)
    {
        var lines = ConfigText.Lines(Rows(), columns).ToList();

        // What can't be broken is longer than the narrowest.
        Assert.All(lines.Where(x => x.Tone == Tone.Quiet && x.Text.Trim().Contains(' ', StringComparison.Ordinal)), x => Assert.InRange(x.Text.Length, 1, columns));
        Assert.Single(lines, x => x.Text == "Gateway:Http = 8088   (default)");
    }

    private string FileName => Path.Combine(_directory.Path, "appsettings.json");

    private void Save(string json) => File.WriteAllText(FileName, json);

    private List<SettingRow> Rows(params (string Key, string Value)[] flags)
    {
        Assert.True(GatewayConfiguration.TryRead(_directory.Path, flags.ToDictionary(x => x.Key, x => (string?)x.Value), out var configuration, out var error), error);
        Assert.True(GatewayConfiguration.TryValidate(configuration, Parts.Cluster, out error), error);
        Assert.True(configuration.Read<BridgesOptions>().Bridges.Count > 0);
        return [.. SettingRow.Of(configuration)];
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansGateway.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }
}
