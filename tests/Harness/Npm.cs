using System.Collections.Concurrent;

namespace OrleansGateway.Tests.Harness;

/// <summary>The packages of a test project's <c>npm/package-lock.json</c>, as they are, installed beside it where they are not yet.</summary>
internal static class Npm
{
    private static readonly ConcurrentDictionary<string, Lazy<Task>> Installing = new();

    /// <summary>Where a project has its packages.</summary>
    public static string DirectoryOf(string project) => Path.Combine(NodeProcess.Root, "tests", project, "npm");

    /// <summary>Ends when a project's packages are there.</summary>
    public static Task Installed(string project) => Installing.GetOrAdd(project, static x => new(() => Install(DirectoryOf(x)))).Value;

    private static async Task Install(string directory)
    {
        var (wanted, done) = (new FileInfo(Path.Combine(directory, "package-lock.json")), new FileInfo(Path.Combine(directory, "node_modules/.package-lock.json")));
        if (done.Exists && done.LastWriteTimeUtc >= wanted.LastWriteTimeUtc)
        {
            return;
        }

        await using var npm = UserProgram.StartOnline(directory, "npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error");
        await npm.Succeed(120);
    }
}
