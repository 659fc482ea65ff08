// Measures running nodes from outside; bench/run.sh starts three, runs all of it, and stops them.
//   Bench latency NODE NODE…          a publish on one node to a subscriber on another, 100 a second
//   Bench accounting NODE NODE…       every delivery of 100,000 messages, 8 publishers, 30 subscribers over all nodes
// NODE is an address such as http://127.0.0.1:8088. The exit code is 1 where a promise is broken.
using OrleansGateway.Bench;

if (args.Length < 3 || args[0] is not ("latency" or "accounting") || !args.Skip(1).All(x => Uri.TryCreate(x, UriKind.Absolute, out _)))
{
    Console.Error.WriteLine("usage: Bench latency|accounting http://HOST:PORT http://HOST:PORT …");
    return 2;
}

Uri[] nodes = [.. args.Skip(1).Select(x => new Uri(x))];
return await (args[0] == "latency" ? Latency.Run(nodes) : Accounting.Run(nodes)) ? 0 : 1;
