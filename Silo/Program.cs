using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using OrleansGateway;
using OrleansGateway.Hosting;

return await PartProgram.Run(args, GatewaySettings.OfNode, configuration => NodeOptions.From(configuration).Name, Ports, async flags =>
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Configuration.AddInMemoryCollection(flags);
    builder.AddGatewayNode();
    var app = builder.Build();
    app.UseGatewayFrontend();
    await app.RunAsync();
});

static IEnumerable<NeededPort> Ports(IConfiguration configuration)
{
    var node = NodeOptions.From(configuration);
    var address = IPAddress.Parse(node.Bind);
    return
    [
        new(new IPEndPoint(address, node.PortOf(node.Http)), GatewaySettings.Http),
        new(new IPEndPoint(address, node.PortOf(node.Silo)), GatewaySettings.Silo),
        new(new IPEndPoint(address, node.PortOf(node.OrleansGateway)), GatewaySettings.OrleansGateway),
    ];
}
