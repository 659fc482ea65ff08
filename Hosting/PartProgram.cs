using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Hosting;

/// <summary>Why a process cannot start, as one line for a person.</summary>
internal class StartFailedException(string message) : Exception(message);

/// <summary>What a process ends with.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>It failed, and said why.</summary>
    public const int Failed = 1;

    /// <summary>A flag or a setting is not allowed; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>Not all that should run does.</summary>
    public const int NotRunning = 3;
}

/// <summary>The frame of every process: reads the flags, keeps the pid file, and tells a failed start in one line.</summary>
internal static class PartProgram
{
    /// <summary>Runs a part.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="known">The flags that it takes.</param>
    /// <param name="nameOf">The part's name, from its settings.</param>
    /// <param name="ports">The ports that it needs, from its settings.</param>
    /// <param name="run">Runs until it is told to stop; the flags go into its configuration as the last source.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Run(
        string[] args,
        IReadOnlyList<Setting> known,
        Func<IConfiguration, string> nameOf,
        Func<IConfiguration, IEnumerable<NeededPort>> ports,
        Func<IReadOnlyDictionary<string, string?>, Task> run)
    {
        if (args.Any(x => x is "--help" or "-h" or "-?"))
        {
            Console.Write(Help(known));
            return ExitCode.Ok;
        }

        if (GatewaySettings.ReadFlags(args, known, out var flags) is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        try
        {
            // The same sources as the host's, in the same order, to say what is wrong before anything starts.
            var configuration = Read(flags);
            if (GatewaySettings.Check(configuration, known, nodes: 1) is { } refusal)
            {
                return Fail(refusal, ExitCode.Usage);
            }

            using var pid = PidFile.Take(GatewaySettings.ValueOf(configuration, GatewaySettings.State), nameOf(configuration));
            NeededPort.CheckAll(ports(configuration));
            await run(flags);
            return ExitCode.Ok;
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or OptionsValidationException)
        {
            return Fail(InOneLine(exception), ExitCode.Usage);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return Fail(exception is StartFailedException ? exception.Message : InOneLine(exception), ExitCode.Failed);
        }
    }

    /// <summary>All sources of the settings: the file in the working directory, the environment, the flags.</summary>
    public static IConfigurationRoot Read(IEnumerable<KeyValuePair<string, string?>> flags) => new ConfigurationBuilder()
        .SetBasePath(Directory.GetCurrentDirectory())
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .AddInMemoryCollection(flags)
        .Build();

    /// <summary>What went wrong, down to the first cause, without a stack.</summary>
    public static string InOneLine(Exception exception) =>
        (exception.InnerException is { } inner ? $"{exception.Message} {InOneLine(inner)}" : exception.Message).ReplaceLineEndings(" ");

    private static string Help(IReadOnlyList<Setting> known) =>
        string.Concat(known.Select(x => $"  {$"{x.Flag} {x.Value}",-26} {x.Meaning} (default {x.Default})\n"));

    private static int Fail(string reason, int code)
    {
        Console.Error.WriteLine(reason);
        return code;
    }
}
