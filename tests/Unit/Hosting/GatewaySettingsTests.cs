namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class GatewaySettingsTests
{
    [Theory]
    [InlineData("--state", "Gateway:State", ".gateway")]
    [InlineData("--bind", "Gateway:Bind", "127.0.0.1")]
    [InlineData("--http", "Gateway:Http", "8088")]
    [InlineData("--silo", "Gateway:Silo", "11111")]
    [InlineData("--orleans-gateway", "Gateway:OrleansGateway", "30000")]
    [InlineData("--numbers", "Gateway:Numbers", "127.0.0.1:7776")]
    [InlineData("--no-numbers", "Gateway:NoNumbers", "false")]
    [InlineData("--membership", "Gateway:Membership", "local")]
    [InlineData("--storage", "Gateway:Storage", "local")]
    [InlineData("--node", "Gateway:Node", "1")]
    [InlineData("--nodes", "Gateway:Nodes", "3")]
    [InlineData("--rate", "NumberServer:RatePerMinute", "60")]
    public void All_OfAFlag_HasItsKeyAndDefault(string flag, string key, string @default)
    {
        var setting = Assert.Single(GatewaySettings.All, x => x.Flag == flag);

        Assert.Equal(key, setting.Key);
        Assert.Equal(@default, setting.Default);
    }

    [Fact]
    public void All_Defaults_AreAllowed() =>
        Assert.All(GatewaySettings.All.Where(x => !x.IsRequired && !x.IsPattern), x => Assert.Null(x.Refuse(x.Default)));

    [Fact]
    public void All_FlagsAndKeys_AreThereOnce()
    {
        Assert.Distinct(GatewaySettings.All.Select(x => x.Flag).Where(x => x.Length > 0));
        Assert.Distinct(GatewaySettings.All.Select(x => x.Key));
    }

    [Theory]
    [InlineData("--http", "0")]
    [InlineData("--http", "65536")]
    [InlineData("--http", "+80")]
    [InlineData("--http", "")]
    [InlineData("--silo", "1.5")]
    [InlineData("--orleans-gateway", "x")]
    [InlineData("--bind", "localhost")]
    [InlineData("--numbers", "7776")]
    [InlineData("--numbers", "host:")]
    [InlineData("--no-numbers", "perhaps")]
    [InlineData("--membership", "Local")]
    [InlineData("--storage", "disk")]
    [InlineData("--node", "0")]
    [InlineData("--node", "1001")]
    [InlineData("--nodes", "-1")]
    [InlineData("--rate", "0")]
    [InlineData("--rate", "600001")]
    [InlineData("--rate", "NaN")]
    [InlineData("--state", " ")]
    public void Refuse_OfABadValue_NamesFlagKeyValueAndWhatIsAllowed(string flag, string value)
    {
        var setting = GatewaySettings.All.Single(x => x.Flag == flag);

        Assert.Equal($"{flag} ({setting.Key}) is '{value}'; allowed is {setting.Allowed}", setting.Refuse(value));
    }

    [Theory]
    [InlineData("--membership", "redis")]
    [InlineData("--membership", "postgres")]
    [InlineData("--storage", "redis")]
    public void Refuse_OfAValueThatIsToCome_SaysThatItIsNotAvailableYet(string flag, string value)
    {
        var refusal = GatewaySettings.All.Single(x => x.Flag == flag).Refuse(value);

        Assert.Contains($"is '{value}', which is not available yet; allowed is ", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--http", "65535")]
    [InlineData("--bind", "::1")]
    [InlineData("--bind", "0.0.0.0")]
    [InlineData("--numbers", "[::1]:7776")]
    [InlineData("--no-numbers", "True")]
    [InlineData("--membership", "development")]
    [InlineData("--rate", "0.5")]
    [InlineData("--node", "1000")]
    public void Refuse_OfAGoodValue_IsNull(string flag, string value) =>
        Assert.Null(GatewaySettings.All.Single(x => x.Flag == flag).Refuse(value));

    [Fact]
    public void Refuse_OfAStateThatIsAFile_SaysSo()
    {
        using var state = new TemporaryState();
        var file = Path.Combine(state.Path, "file");
        File.WriteAllText(file, "");

        Assert.NotNull(GatewaySettings.State.Refuse(file));
    }
}
