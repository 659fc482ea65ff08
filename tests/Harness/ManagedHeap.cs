using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace OrleansGateway.Tests.Harness;

/// <summary>Another .NET process's heap, seen by the runtime's diagnostics port (EventPipe).</summary>
internal static class ManagedHeap
{
    // What has a finalizer goes only with the collection after the one that found it, and may hold others.
    private const int Collections = 4;

    /// <summary>Collects all garbage, and says how many bytes are left.</summary>
    public static async Task<long> Collect(int process)
    {
        var bytes = long.MaxValue;
        for (var i = 0; i < Collections; i++)
        {
            bytes = Math.Min(bytes, await Task.Run(() => CollectOnce(process)).WaitAsync(TimeSpan.FromSeconds(20)));
        }

        return bytes;
    }

    private static long CollectOnce(int process)
    {
        // A session with this keyword begins with a full collection.
        const ClrTraceEventParser.Keywords keywords = ClrTraceEventParser.Keywords.GC | ClrTraceEventParser.Keywords.GCHeapCollect;
        using var session = new DiagnosticsClient(process).StartEventPipeSession(
            new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)keywords), requestRundown: false);
        using var source = new EventPipeEventSource(session.EventStream);
        var (isFull, bytes) = (false, 0L);
        source.Clr.GCStart += x => isFull = x.Depth == 2 && x.Reason == GCReason.Induced;
        source.Clr.GCHeapStats += x =>
        {
            if (isFull && bytes == 0)
            {
                bytes = x.TotalHeapSize;
                _ = Task.Run(session.Stop);
            }
        };
        source.Process();
        return bytes;
    }
}
