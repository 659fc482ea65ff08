using System.Reflection;

namespace OrleansGateway.Cli.Processes;

/// <summary>
/// The programs of the parts. Built from source they are built into the directory of this one. Installed, there is one program, which
/// runs a part itself: the entry points of the parts are in it.
/// </summary>
internal static class Programs
{
    private static readonly Assembly Entry = Assembly.GetEntryAssembly()!;

    /// <summary>Whether this is the one program that is all of them.</summary>
    public static bool AreThisOne { get; } = Entry != typeof(Programs).Assembly;

    // The dotnet that runs this program, and so the parts.
    private static string Dotnet { get; } = IsDotnet(Environment.ProcessPath) ? Environment.ProcessPath! : "dotnet";

    /// <summary>The command of a part, without its flags.</summary>
    /// <exception cref="CommandFailure">It is not there.</exception>
    public static IReadOnlyList<string> Of(Parts part)
    {
        if (AreThisOne)
        {
            string[] self = IsDotnet(Environment.ProcessPath) ? [Dotnet, Path.Combine(AppContext.BaseDirectory, $"{Entry.GetName().Name}.dll")] : [Environment.ProcessPath!];
            return [.. self, part == Parts.Node ? "node" : "numbers"];
        }

        var path = Path.Combine(AppContext.BaseDirectory, $"{Name(part)}.dll");
        return File.Exists(path) ? [Dotnet, path] : throw new CommandFailure($"{path} is not there: build the project Cli");
    }

    /// <summary>Runs a part in this process, to its end.</summary>
    /// <returns>Its exit code.</returns>
    public static int Run(Parts part, IEnumerable<string> arguments) =>
        (int)Assembly.Load(Name(part)).EntryPoint!.Invoke(null, [arguments.ToArray()])!;

    private static string Name(Parts part) => part == Parts.Node ? "OrleansGateway.Silo" : "OrleansGateway.NumberServer";

    private static bool IsDotnet(string? path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
