using System.Diagnostics;

namespace OrleansGateway.Tests.EndToEnd.Harness;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Until
{
    public static Task True(Func<bool> condition, string what, double seconds = 15) => True(() => Task.FromResult(condition()), what, seconds);

    public static async Task True(Func<Task<bool>> condition, string what, double seconds = 15)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds, $"not within {seconds} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}
