using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Numbers.Server;

try
{
    var builder = Host.CreateApplicationBuilder(args);
    builder.Configuration.AddCommandLine(args, new Dictionary<string, string>
    {
        ["--numbers"] = NumberServerOptions.ListenKey,
        ["--rate"] = NumberServerOptions.RateKey,
    });
    builder.Logging.ClearProviders().AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
    });
    builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    builder.Services.AddNumberServer();

    using var host = builder.Build();

    // Before the host starts, which would log a failure with its stack.
    host.Services.GetRequiredService<NumberServer>().Listen();
    await host.RunAsync();
    return 0;
}
catch (ListenException failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
catch (Exception failure) when (failure is OptionsValidationException or InvalidDataException)
{
    await Console.Error.WriteLineAsync(ConfigurationReload.InOneLine(failure));
    return 2;
}
