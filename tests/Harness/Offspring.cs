using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansGateway.Tests.Harness;

/// <summary>Starts processes that the kernel kills when this one ends, however it ends: also when it is killed itself.</summary>
/// <remarks>
/// The kernel watches the thread that forked, not its process, so a thread of the pool will not do: it may end while the
/// tests go on. This one waits for work for as long as the process lives.
/// </remarks>
internal static class Offspring
{
    private static readonly BlockingCollection<Action> Work = [];

    static Offspring() => new Thread(Run) { IsBackground = true, Name = "parent of nodes" }.Start();

    /// <summary>Starts a program whose output, both streams of it, goes to the end of a file. The process is the program itself, no shell before it.</summary>
    public static Process Start(string log, string program, IEnumerable<string> arguments) =>
        Start(new ProcessStartInfo(), ["sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", log, program, .. arguments]);

    /// <summary>Starts a program as <paramref name="start"/> says, but for the program and its arguments.</summary>
    public static Process Start(ProcessStartInfo start, IEnumerable<string> command)
    {
        start.FileName = "setpriv";
        string[] arguments = ["--pdeathsig", "KILL", "--", .. command];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Run()
    {
        foreach (var work in Work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
