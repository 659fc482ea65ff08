using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Tests.Clients;

/// <summary>
/// A network namespace with a link of its own to this machine, which can be cut: then nothing goes in or out, and nobody is told. It
/// needs root.
/// </summary>
internal sealed partial class CutLink : IDisposable
{
    private const int NewNetwork = 0x40000000;

    private readonly string _name = $"gateway-{Environment.ProcessId}";
    private readonly string _outer = $"gwo{Environment.ProcessId}";
    private readonly string _inner = $"gwi{Environment.ProcessId}";
    private readonly string _prefix = $"10.{199 + Random.Shared.Next(50)}.{Random.Shared.Next(256)}";

    private CutLink()
    {
    }

    /// <summary>This machine's address on the link.</summary>
    public string Here => $"{_prefix}.1";

    private string There => $"{_prefix}.2";

    /// <summary>Makes one.</summary>
    /// <returns>Null where this is not possible.</returns>
    public static CutLink? TryMake()
    {
        var link = new CutLink();
        if (!Ip($"netns add {link._name}"))
        {
            return null;
        }

        if (Ip($"link add {link._outer} type veth peer name {link._inner} netns {link._name}") &&
            Ip($"addr add {link.Here}/30 dev {link._outer}") && Ip($"link set {link._outer} up") &&
            Ip($"-n {link._name} addr add {link.There}/30 dev {link._inner}") && Ip($"-n {link._name} link set {link._inner} up"))
        {
            return link;
        }

        link.Dispose();
        return null;
    }

    /// <summary>A socket inside.</summary>
    public Socket NewSocket()
    {
        Socket? socket = null;

        // A socket is of the namespace that its thread is in when it is made. The thread ends, so nobody else is taken along.
        var thread = new Thread(() =>
        {
            using var name = File.OpenHandle($"/var/run/netns/{_name}");
            if (EnterNamespace(name, NewNetwork) == 0)
            {
                socket = RawClient.NewSocket();
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new InvalidOperationException($"the namespace {_name} cannot be entered");
    }

    public void Cut() => Assert.True(Ip($"-n {_name} link set {_inner} down"));

    public void Dispose() => Ip($"netns delete {_name}");

    private static bool Ip(string arguments)
    {
        try
        {
            using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            ip.WaitForExit();
            return ip.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "setns")]
    private static partial int EnterNamespace(SafeFileHandle name, int kind);
}
