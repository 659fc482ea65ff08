using OrleansGateway;

return await GatewayNode.RunAsync(args);
