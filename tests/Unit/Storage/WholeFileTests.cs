using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

public sealed class WholeFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("whole-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void TryPlace_ManyAtOnce_OneSucceedsAndItsFileStays()
    {
        for (var round = 0; round < 50; round++)
        {
            var path = Path.Combine(_directory, $"{round}");
            var winners = new System.Collections.Concurrent.ConcurrentQueue<string>();
            Parallel.For(0, 8, i =>
            {
                var made = $"{path}-{i}";
                File.WriteAllText(made, $"{i}");
                if (WholeFile.TryPlace(made, path))
                {
                    winners.Enqueue($"{i}");
                }
            });

            Assert.Equal(File.ReadAllText(path), Assert.Single(winners));
        }

        Assert.Equal(50, Directory.GetFiles(_directory).Length);
    }

    [Fact]
    public void TryPlace_NoSuchDirectory_Throws()
    {
        var made = Path.Combine(_directory, "made");
        File.WriteAllText(made, "x");

        Assert.Throws<IOException>(() => WholeFile.TryPlace(made, Path.Combine(_directory, "none", "x")));
    }
}
