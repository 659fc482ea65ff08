using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ListeningPortsTests
{
    [Fact]
    public void RefuseNode_ATakenPort_SaysWhoHasItAndWhichFlagChangesIt()
    {
        using var taken = Listen();
        var port = Port(taken);
        var first = port - 1;

        var refusal = ListeningPorts.RefuseNode(Configuration(("Gateway:Http", $"{first}")), 2);

        Assert.StartsWith($"node-2 can't have port {port} (--http {first} plus 1): process {Environment.ProcessId} (", refusal, StringComparison.Ordinal);
        Assert.EndsWith(" has it; another one with --http PORT", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseNumbers_ATakenPort_SaysSo()
    {
        using var taken = Listen();
        var port = Port(taken);

        var refusal = ListeningPorts.RefuseNumbers(Configuration(("Gateway:Numbers", $"localhost:{port}")));

        Assert.StartsWith($"numbers can't have port {port} (--numbers): process {Environment.ProcessId} (", refusal, StringComparison.Ordinal);
        Assert.EndsWith("another one with --numbers HOST:PORT; --no-numbers uses the number server that is there", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseNumbers_AFreePort_IsNullAndTheProbeDoesNotKeepIt()
    {
        int port;
        using (var was = Listen())
        {
            port = Port(was);
        }

        Assert.Null(ListeningPorts.RefuseNumbers(Configuration(("Gateway:Numbers", $"127.0.0.1:{port}"))));
        Assert.Null(ListeningPorts.RefuseNumbers(Configuration(("Gateway:Numbers", $"127.0.0.1:{port}"))));
    }

    [Fact]
    public void RefuseNode_AnAddressOfAnotherMachine_NamesTheFlag()
    {
        // A network that is for documents alone.
        var refusal = ListeningPorts.RefuseNode(Configuration(("Gateway:Bind", "192.0.2.1")), 1);

        Assert.Equal("node-1 can't listen on 192.0.2.1 (--bind (Gateway:Bind)), which is not an address of this machine", refusal);
    }

    [Fact]
    public void RefuseNode_APortOfWhomItFollows_IsNullWhereTheAddressIsHere()
    {
        using var own = Listen();
        var port = Port(own);

        Assert.Null(ListeningPorts.RefuseNode(Configuration(("Gateway:Http", $"{port}")), 1, [port]));
        Assert.NotNull(ListeningPorts.RefuseNode(Configuration(("Gateway:Http", $"{port}"), ("Gateway:Bind", "192.0.2.1")), 1, [port]));
    }

    [Fact]
    public void Find_OfAPortThatThisProcessListensOn_IsThisProcess()
    {
        using var taken = Listen();

        Assert.Equal(Environment.ProcessId, PortOwner.Find(Port(taken)));
        Assert.True(PortOwner.Listens(Environment.ProcessId, Port(taken)));
        Assert.False(PortOwner.Listens(Environment.ProcessId, 1));
    }

    [Fact]
    public void ParseTable_OfATable_TakesListenersOfThePort()
    {
        const string Table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 253517 1 0000000000000000 100 0 0 10 0
               1: 0100007F:1F98 0100007F:84D8 01 00000000:00000000 00:00000000 00000000     0        0 253518 1 0000000000000000 20 4 30 10 -1
               2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 253519 1 0000000000000000 100 0 0 10 0
            """;

        Assert.Equal(["socket:[253517]"], PortOwner.ParseTable(Table, 8088));
        Assert.Equal(["socket:[253519]"], PortOwner.ParseTable(Table, 80));
        Assert.Empty(PortOwner.ParseTable(Table, 8089));
        Assert.Empty(PortOwner.ParseTable("", 80));
    }

    [Fact]
    public async Task Describe_OfALongCommandLine_CutsIt()
    {
        using var child = ChildProcess.Sleeping(new string('0', 300));

        // A process that has just begun may have its name and not yet its arguments.
        var words = string.Empty;
        await Eventually.TrueAsync(
            () => (words = PortOwner.Describe(child.Identity.Pid)).StartsWith($"process {child.Identity.Pid} (sleep 300 0000", StringComparison.Ordinal),
            "the beginning of its command is shown");
        Assert.True(words.Length < 150, words);
    }

    private static Socket Listen()
    {
        // Where servers are: not among the ports that the system gives to clients.
        for (var port = 21000; ; port++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen();
                return socket;
            }
            catch (SocketException) when (port < 32000)
            {
                socket.Dispose();
            }
        }
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.ToDictionary(x => x.Key, x => (string?)x.Value.ToString(CultureInfo.InvariantCulture)))
        .Build();
}
