using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Journals;
using OrleansGateway.Selections;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Selections;

/// <summary>Who follows a prefix is told when something came below it, and up to where nothing did.</summary>
public sealed class PrefixWatchTests
{
    private static readonly string[] Prefixes = ["", "a/", "a/b/", "ab/", "é/"];
    private static readonly string[] Channels = ["a", "a/b", "a/b/c", "a/bc/d/e", "ab", "ab/c", "é/x", "b/a/", ChannelName.Numbers];

    [Fact]
    public void Append_AnyChannels_EachIsToldWhatIsForItAndNothingElse() => Gen.Select(Gen.Int[0, Channels.Length - 1], Gen.Int[1, 2]).Array[1, 12].Sample(appends =>
    {
        var (journals, appended) = (new FakeJournals(2), new TaskCompletionSource());
        var watch = new PrefixWatch(Fake.Of<IJournalWatch>((_, _) => Volatile.Read(ref appended).Task), [journals], TimeProvider.System, NullLogger<PrefixWatch>.Instance);
        var watchers = Prefixes.Select(x => watch.Watch([x, "none/"])).ToList();
        SpinUntil(() => watchers.TrueForAll(HasBegun));

        // Each journal is looked through in pages of two: what comes first is what whoever is told reads on from.
        var before = new Dictionary<int, long>(journals.Newest);
        foreach (var (channel, journal) in appends)
        {
            journals.Append(Channels[channel], 1, journal);
        }

        Interlocked.Exchange(ref appended, new TaskCompletionSource()).SetResult();
        foreach (var (prefix, watcher) in Prefixes.Zip(watchers))
        {
            var isFor = appends.Any(x => IsBelow(Channels[x.Item1], prefix));
            if (isFor)
            {
                SpinUntil(() => watcher.News.IsCompleted);
                Assert.All(watcher.Through, x => Assert.DoesNotContain(journals.All(x.Key), y => y.Place > before[x.Key] && y.Place <= x.Value && IsBelow(y.Channel, prefix)));
            }
            else
            {
                SpinUntil(() => journals.Newest.All(x => watcher.Through[x.Key] == x.Value));
                Assert.False(watcher.News.IsCompleted);
            }

            watcher.Dispose();
        }
    }, iter: 200);

    [Fact]
    public async Task Watch_SomebodyBegins_LooksAtNothingThatCameBeforeAndReadsThatItself()
    {
        var journals = new FakeJournals(1);
        journals.Append("a/b", 1, 1);
        var watch = new PrefixWatch(Fake.Of<IJournalWatch>((_, _) => new TaskCompletionSource().Task), [journals], TimeProvider.System, NullLogger<PrefixWatch>.Instance);
        using var first = watch.Watch(["a/"]);
        await first.News.WaitAsync(Eventually.Deadline);
        Assert.Empty(first.Through);
        first.Begin();
        Assert.False(first.News.IsCompleted);
        Assert.Equal(1, first.Through[1]);
    }

    // Until the watch has begun nobody knows what there is.
    private static bool HasBegun(PrefixWatch.Watcher watcher)
    {
        watcher.Begin();
        return watcher.Through.Count > 0;
    }

    private static bool IsBelow(string channel, string prefix) => channel != ChannelName.Numbers && channel.StartsWith(prefix, StringComparison.Ordinal);

    private static void SpinUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Eventually.Deadline));
}
