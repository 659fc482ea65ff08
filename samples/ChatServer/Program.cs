// A chat server: a node of the gateway with a bridge and services of its own. The room is the channel `chat`, whose page is the chat:
//   dotnet run --project samples/ChatServer
//   curl -d 'alice: hello' localhost:8088/chat        curl -N localhost:8088/chat        or http://localhost:8088/chat
// Several of them form a cluster (--node 2 …), and the command knows them: gateway status --tree
using OrleansGateway;
using OrleansGateway.Bridges;
using OrleansGateway.Samples.ChatServer;

return await GatewayNode.RunAsync(args, node => node

    // Lines that a TCP server sends, into a channel. Gateway:Bridges:news:Source says another server, also while the node runs.
    .Bridge("news", new BridgeOptions { Source = "127.0.0.1:7780", Channel = "chat/news" })

    // A service made of services: they start in this order and stop in reverse.
    .Service("chat", chat => chat.Add<Greeter>("greeter").Add<Moderator>("moderator")));
