// Measures the gateway from outside; bench/run.sh builds what is needed, starts what has to run, and says how it is used.
//   Bench table [CASE]… [--rounds N] [--save] [--node DLL]    starts nodes and peers itself, and prints figures and goals
//   Bench latency NODE NODE…                   a publish on one node to a subscriber on another, 100 a second
//   Bench accounting NODE NODE…                every delivery of 100,000 messages, 8 publishers, 30 subscribers over all nodes
//   Bench prefixes NODE NODE…                  publishes acknowledged while 2,000 clients follow a prefix each, none of which these are below
//   Bench publish LOCAL MEMORY                 publishes acknowledged by a node that stores in files and one that stores in memory
//   Bench takeover STATE GATEWAY NODE NODE…    kills nodes: STATE is where their pid files are, GATEWAY the command that starts them again
//   Bench engines DIRECTORY                    what the channel log and others that it could be made of commit; needs no nodes
//   Bench channels DIRECTORY                   a store with 100,000 channels: its size, its start, its memory; needs no nodes
// NODE is an address such as http://127.0.0.1:8088. The exit code is 1 where a promise or a goal is missed.
using OrleansGateway.Bench;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Streams;

return args switch
{
    ["table", .. var options] => await Table.Run(options),
    ["stream-silo", var index, var silo, var gateway] => Code(await StreamSilo.Run(int.Parse(index), int.Parse(silo), int.Parse(gateway))),
    ["selftest"] => Code(await SelfTest.Run()),
    ["latency", .. var nodes] when nodes.Length > 1 => Code(await Latency.Run(Uris(nodes))),
    ["accounting", .. var nodes] when nodes.Length > 1 => Code(await Accounting.Run(Uris(nodes))),
    ["prefixes", .. var nodes] when nodes.Length > 1 => Code(await Prefixes.Run(Uris(nodes))),
    ["publish", var local, var memory] => Code(await PublishRate.Run(new Uri(local), new Uri(memory))),
    ["takeover", var state, var gateway, .. var nodes] when nodes.Length > 1 => Code(await Takeover.Run(Uris(nodes), state, gateway)),
    ["engines", var directory] => Code(await Engines.Run(directory)),
    ["engine", var engine, var directory, var rows, var index] => Code(await Engines.Child(engine, directory, int.Parse(rows), int.Parse(index))),
    ["channels", var directory] => Code(await ManyChannels.Run(directory)),
    ["channels-start", var directory] => Code(await ManyChannels.Start(directory)),
    _ => Help(),
};

static Uri[] Uris(string[] nodes) => [.. nodes.Select(x => new Uri(x))];

static int Code(bool kept) => kept ? 0 : 1;

static int Help()
{
    Console.Error.WriteLine("usage: Bench table|latency|accounting|prefixes|publish|takeover|engines|channels …, see bench/run.sh --help");
    return 2;
}
