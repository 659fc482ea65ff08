using System.Diagnostics;

namespace OrleansGateway.Tests.Harness;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Until
{
    public static Task True(Func<bool> condition, string what, double seconds = 30) => True(() => Task.FromResult(condition()), what, seconds);

    public static Task True(Func<Task<bool>> condition, string what, double seconds = 30) => True(condition, () => what, seconds);

    /// <summary>Waits; what it waited for is put into words only when it did not come, so that they can say what came instead.</summary>
    public static async Task True(Func<Task<bool>> condition, Func<string> what, double seconds = 30)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            var looked = Stopwatch.GetTimestamp();
            if (await condition())
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(begun).TotalSeconds >= seconds)
            {
                Assert.Fail($"not within {seconds} s: {what()}");
            }

            // As long as the look took: one that starts a process shall not take the machine from what it waits for.
            await Task.Delay((int)Math.Clamp(Stopwatch.GetElapsedTime(looked).TotalMilliseconds, 20, 500));
        }
    }
}
