using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Load;

/// <summary>Whether the load generator finds what is wrong: the reference server frames in the most awkward legal ways, and puts faults into what it sends.</summary>
internal static class SelfTest
{
    private static readonly string[] Faults = ["lose", "dup", "swap", "misroute", "corrupt", "close"];

    public static async Task<bool> Run()
    {
        var failed = 0;
        foreach (var form in new[] { "ws", "sse", "stream" })
        {
            failed += await Check(form, string.Empty, "fanout --subs 50 --channels 10 --pubs 8 --msgs 2000", isFine: true);
            failed += await Check(form, string.Empty, "fanout --subs 5 --msgs 50 --size 70000", isFine: true);
            failed += await Check(form, "torture", "fanout --subs 20 --msgs 200 --rate 400 --size 200", isFine: true);
            failed += await Check(form, "torture", "fanout --subs 20 --msgs 200 --rate 400 --pubs 3 --newline", isFine: true);
            foreach (var fault in Faults)
            {
                failed += await Check(form, fault, $"fanout --subs {(fault == "swap" ? 1 : 20)} --channels {(fault == "misroute" ? 4 : 1)} --msgs 300", isFine: false);
            }
        }

        Console.WriteLine(failed == 0 ? "passed" : $"{failed} failed");
        return failed == 0;
    }

    private static async Task<int> Check(string form, string mode, string arguments, bool isFine)
    {
        using var server = await Reference.Start(mode.Length == 0 ? [] : [mode]);
        var figures = await LoadGenerator.Run(server, form, arguments);
        if (figures[Figure.Faults] == 0 == isFine && figures[Figure.Rate] > 0)
        {
            return 0;
        }

        Console.WriteLine($"FAILED {form} {mode} {arguments}: {figures[Figure.Faults]} faults, {figures.Error}");
        return 1;
    }
}
