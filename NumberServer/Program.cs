using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers;
using OrleansGateway.Numbers.Server;

return await PartProgram.Run(args, GatewaySettings.OfNumbers, _ => "numbers", Ports, async flags =>
{
    var builder = Host.CreateApplicationBuilder();
    builder.Configuration.AddInMemoryCollection(flags);
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
});

static IEnumerable<NeededPort> Ports(IConfiguration configuration) =>
    HostPort.TryParse(GatewaySettings.ValueOf(configuration, GatewaySettings.Numbers), out var at) && IPAddress.TryParse(at.Host, out var address) && at.Port != 0
        ? [new(new IPEndPoint(address, at.Port), GatewaySettings.Numbers)]
        : [];
