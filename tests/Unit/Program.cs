using OrleansGateway.Tests.Unit.Storage;

namespace OrleansGateway.Tests.Unit;

internal static class Program
{
    /// <summary>What tests start as a process: <c>log DIRECTORY ANSWERS SEED</c>.</summary>
    public static async Task<int> Main(string[] args)
    {
        if (args is ["log", var directory, var answers, var seed])
        {
            await LogProcess.Run(directory, answers, int.Parse(seed));
            return 0;
        }

        return 2;
    }
}
