using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>
/// As whom commands and parts run when root calls. Root does nothing in a state directory that belongs to a user (<c>--user</c>), where that user could lead it
/// astray by links, pid files and settings: the command becomes that user first, whole. With <c>--group</c> alone it stays root's.
/// </summary>
/// <param name="User">The user's name or number; null: whoever calls.</param>
/// <param name="Group">The group's name or number.</param>
/// <param name="Home">The user's home directory; null where there is none.</param>
internal sealed record Account(string? User, string Group, string? Home)
{
    private const int FirstPortForAll = 1024;
    private const string MayListenBelow = "-all,+net_bind_service", MayNothing = "-all";

    // Of an entry in passwd(5).
    private const int NameField = 0, GroupField = 3, HomeField = 5;

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

        var entry = user.Length == 0 ? null : Look("passwd", user) ?? throw Bad("there is no such user");
        if (!Environment.IsPrivilegedProcess)
        {
            return entry?[NameField] == Environment.UserName ? null : throw Bad("only root may start parts as somebody else");
        }

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
    /// Has root's command begin anew as the user whose the state directory is, or becomes when it starts parts as one. Returns where there is no such user.
    /// </summary>
    /// <param name="state">The state directory; it need not exist.</param>
    /// <param name="configuration">What was said here, not what is remembered there.</param>
    /// <param name="starts">Whether the command may start parts.</param>
    /// <exception cref="CommandFailure">There is no such user, or it can't become it.</exception>
    public static void Assume(string state, IConfiguration configuration, bool starts)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return;
        }

        var account = starts && Of(configuration) is { User: not null } chosen ? chosen : null;
        if (account is not null)
        {
            Permissions.Apply(configuration);
            Directory.CreateDirectory(state);
            account.Own(state);
        }
        else if (Directory.Exists(state) && Run("stat", "--dereference", "--format=%u:%g", state) is (0, var owner, _) && owner.Split(':') is [not "0" and var user, var group])
        {
            account = new Account(user, group, Look("passwd", user)?.ElementAtOrDefault(HomeField));
        }

        if (account is not null)
        {
            // The program and its arguments as they are.
            var command = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
            var error = Unix.Become("env", account.Become(MayListenBelow).Skip(1).Append(Environment.ProcessPath!).Concat(command.Skip(1)));
            throw new CommandFailure($"this command can't go on as the user {account.User}, whose {state} is: {error}");
        }
    }

    /// <summary>The command that becomes a part's program: it has no right of root, but that to ports below 1024 where it needs it. What stays root's keeps all.</summary>
    /// <param name="account">The account; null: the caller's.</param>
    /// <param name="part">The part.</param>
    public static IEnumerable<string> Become(Account? account, Part part)
    {
        if (account is not null)
        {
            return account.Become(part.Ports.Min() < FirstPortForAll ? MayListenBelow : MayNothing);
        }

        // What this command has kept of root, see Assume.
        return !Environment.IsPrivilegedProcess && part.Ports.Min() >= FirstPortForAll && HasAmbientRights() ? ["setpriv", "--inh-caps", MayNothing, "--ambient-caps", MayNothing, "--"] : [];
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

    private IEnumerable<string> Become(string rights)
    {
        string[] identity = User is null ? ["--regid", Group, "--clear-groups"] : ["--reuid", User, "--regid", Group, int.TryParse(User, out _) ? "--clear-groups" : "--init-groups"];
        string[] kept = rights == MayNothing ? ["--inh-caps", rights] : ["--inh-caps", rights, "--ambient-caps", rights];
        return ["env", .. Home is null ? [] : new[] { $"HOME={Home}" }, "setpriv", .. identity, .. kept, "--"];
    }

    private static bool HasAmbientRights()
    {
        const string Ambient = "CapAmb:";
        return OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").FirstOrDefault(x => x.StartsWith(Ambient, StringComparison.Ordinal)) is { } line
            && line[Ambient.Length..].Trim('\t', ' ', '0').Length > 0;
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
