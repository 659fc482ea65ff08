using Microsoft.AspNetCore.Builder;
using OrleansGateway;
using OrleansGateway.Hosting;

return await PartProcess.RunAsync(Parts.Node, args, async part =>
{
    var builder = WebApplication.CreateSlimBuilder();
    part.AddTo(builder);
    builder.AddGatewayNode();
    await using var app = builder.Build();
    app.UseGatewayFrontend();
    await app.RunAsync();
});
