using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using OrleansGateway;
using OrleansGateway.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Configuration.AddCommandLine(args, new Dictionary<string, string>
{
    ["--node"] = "Gateway:Node",
    ["--state"] = "Gateway:State",
    ["--http"] = "Gateway:Http",
    ["--silo"] = "Gateway:Silo",
    ["--orleans-gateway"] = "Gateway:OrleansGateway",
    ["--numbers"] = "Gateway:Numbers",
    ["--membership"] = "Gateway:Membership",
    ["--bind"] = "Gateway:Bind",
});
builder.AddGatewayNode();
var app = builder.Build();
app.UseGatewayFrontend();
await app.RunAsync();
