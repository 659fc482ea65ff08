using OrleansGateway.Cli.Commands;

return await GatewayCommand.RunAsync(args);
