using OrleansGateway.Hosting;

namespace OrleansGateway.Cli;

/// <summary>A command did not work. The message is one line for the operator.</summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCode.Failure) : Exception(message)
{
    public int ExitCode => exitCode;
}
