using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>The user and group that parts run as when root starts them (<c>--user</c>, <c>--group</c>).</summary>
/// <param name="User">The user's name; null: whoever calls.</param>
/// <param name="Group">The group's name, or the number of the user's own.</param>
/// <param name="Home">The user's home directory; null where there is none.</param>
internal sealed record Account(string? User, string Group, string? Home)
{
    private const int FirstPortForAll = 1024;

    /// <summary>The account of a configuration; null when parts run as whoever calls.</summary>
    /// <exception cref="CommandFailure">There is no such user or group, or the caller may not choose.</exception>
    public static Account? Of(IConfiguration configuration)
    {
        var user = GatewaySettings.User.In(configuration);
        var group = GatewaySettings.Group.In(configuration);
        if (user.Length + group.Length == 0)
        {
            return null;
        }

        var (setting, value) = user.Length > 0 ? (GatewaySettings.User, user) : (GatewaySettings.Group, group);
        if (!OperatingSystem.IsLinux())
        {
            throw Bad("works on Linux only");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw Bad("only root may start parts as somebody else");
        }

        const int GroupField = 3, HomeField = 5;
        var entry = user.Length == 0 ? null : Look("passwd", user) ?? throw Bad("there is no such user");
        if (group.Length > 0 && Look("group", group) is null)
        {
            (setting, value) = (GatewaySettings.Group, group);
            throw Bad("there is no such group");
        }

        return new Account(
            user.Length == 0 ? null : user, group.Length > 0 ? group : entry![GroupField], entry?.ElementAtOrDefault(HomeField));

        CommandFailure Bad(string why) => new($"{setting} is '{value}'; {why}", ExitCode.BadSetting);
    }

    /// <summary>
    /// The command that becomes a program of this account: of a user it keeps no right of root, but that to ports below 1024 for a part that needs it.
    /// With a group alone it stays root's.
    /// </summary>
    public IEnumerable<string> Become(Part part)
    {
        string[] identity = User is null ? ["--regid", Group, "--clear-groups"] : ["--reuid", User, "--regid", Group, "--init-groups"];
        var lowest = part.Ports.Min();
        string[] rights = lowest < FirstPortForAll ? ["--inh-caps", "-all,+net_bind_service", "--ambient-caps", "-all,+net_bind_service"] : ["--inh-caps", "-all"];
        return ["env", .. Home is null ? [] : new[] { $"HOME={Home}" }, "setpriv", .. identity, .. rights, "--"];
    }

    /// <summary>Gives a directory and all in it to this account.</summary>
    /// <exception cref="CommandFailure">That can't be done.</exception>
    public void Own(string directory)
    {
        var owner = $"{User}:{Group}";
        var (code, _, errors) = Run("chown", "--recursive", "--no-dereference", owner, directory);
        if (code != 0)
        {
            throw new CommandFailure($"{directory} can't be given to {owner}: {errors}");
        }
    }

    private static string[]? Look(string database, string name) =>
        Run("getent", database, name) is (0, var line, _) ? line.Split(':') : null;

    private static (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Trim(), errors.Result.Trim().ReplaceLineEndings(" "));
        }
        catch (Win32Exception exception)
        {
            throw new CommandFailure(string.Create(CultureInfo.InvariantCulture, $"{program}: {exception.Message}"));
        }
    }
}
