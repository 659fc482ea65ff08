using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>The programs of the parts, which are built into the directory of this one.</summary>
internal static class Programs
{
    /// <summary>The <c>dotnet</c> that runs this program, and so the parts.</summary>
    public static string Dotnet { get; } =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>The path of the program of a part.</summary>
    /// <exception cref="CommandFailure">It is not there.</exception>
    public static string Of(Parts part)
    {
        var path = Path.Combine(AppContext.BaseDirectory, part == Parts.Node ? "OrleansGateway.Silo.dll" : "OrleansGateway.NumberServer.dll");
        return File.Exists(path) ? path : throw new CommandFailure($"{path} is not there: build the project Cli");
    }
}
