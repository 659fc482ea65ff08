namespace OrleansGateway.Tests.Clients;

/// <summary>The packages of npm/package-lock.json, as they are, installed beside it where they are not yet.</summary>
internal static class Npm
{
    private static readonly Lazy<Task> Installing = new(Install);

    public static string Directory { get; } = Path.Combine(NodeProcess.Root, "tests/Clients/npm");

    public static Task Installed => Installing.Value;

    private static async Task Install()
    {
        var (wanted, done) = (new FileInfo(Path.Combine(Directory, "package-lock.json")), new FileInfo(Path.Combine(Directory, "node_modules/.package-lock.json")));
        if (done.Exists && done.LastWriteTimeUtc >= wanted.LastWriteTimeUtc)
        {
            return;
        }

        await using var npm = UserProgram.StartOnline(Directory, "npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error");
        Assert.True(await npm.Exit(120) == 0, npm.Errors);
    }
}
