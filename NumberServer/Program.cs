using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers.Server;

return await PartProcess.RunAsync(Parts.Numbers, args, async part =>
{
    var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    part.AddTo(builder);
    builder.Logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
    });
    builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    part.Compose(builder.Services, tree => tree.Add("listener", x => x.Services.AddNumberServer()));

    using var host = builder.Build();
    await part.RunAsync(host);
});
