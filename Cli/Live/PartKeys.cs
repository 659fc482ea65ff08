using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Live;

/// <summary>Does to the nodes what the keys of <c>gateway up</c> ask for.</summary>
/// <param name="gateway">The gateway.</param>
/// <param name="keyboard">The keys.</param>
/// <param name="quit">Ends all.</param>
internal sealed class PartKeys(Gateway gateway, Keyboard keyboard, Action quit)
{
    private readonly UpKeys _keys = new();

    /// <summary>Called when keys were pressed.</summary>
    public event Action? Pressed
    {
        add => keyboard.Pressed += value;
        remove => keyboard.Pressed -= value;
    }

    /// <summary>What the keys do, for a gateway of so many nodes.</summary>
    public static IEnumerable<(string Keys, string Meaning)> Help(int nodes)
    {
        var digits = nodes == 1 ? "1" : $"1 to {Math.Min(nodes, 9)}";
        return
        [
            (digits, "kills a node (kill -9), or brings a dead one back"),
            ($"g and {digits}", "stops it gracefully"),
            ("q, Ctrl-C", "stops all"),
        ];
    }

    /// <summary>Does what was asked for since the last time.</summary>
    /// <param name="parts">The parts by their names.</param>
    /// <param name="start">Starts one.</param>
    /// <param name="say">Says something.</param>
    public async Task ObeyAsync(IReadOnlyDictionary<string, WatchedPart> parts, Action<WatchedPart> start, Action<string, Tone> say)
    {
        while (keyboard.Keys.TryRead(out var key))
        {
            try
            {
                await ObeyAsync(key, parts, start, say);
            }
            catch (Exception exception) when (exception is CommandFailure or IOException or UnauthorizedAccessException)
            {
                say(GatewayConfiguration.InOneLine(exception), Tone.Bad);
            }
        }
    }

    private async Task ObeyAsync(Key key, IReadOnlyDictionary<string, WatchedPart> parts, Action<WatchedPart> start, Action<string, Tone> say)
    {
        var (wish, node) = _keys.Take(key);
        if (wish is UpWish.Quit)
        {
            quit();
        }
        else if (wish is UpWish.Help)
        {
            foreach (var (keys, meaning) in Help(parts.Values.Count(x => x.Part.Node is not null)))
            {
                say($"{keys,-12}  {meaning}", Tone.Quiet);
            }
        }
        else if (wish is UpWish.KillOrStart or UpWish.Stop)
        {
            if (!parts.TryGetValue(PartName.OfNode(node), out var part))
            {
                say($"there is no node {node}", Tone.Quiet);
            }
            else if (part.Process is { } process)
            {
                await EndAsync(part, process, wish, say);
            }
            else if (part.Start is not null)
            {
                say($"{part.Name} is starting", Tone.Quiet);
            }
            else if (wish == UpWish.Stop)
            {
                say($"{part.Name} does not run", Tone.Quiet);
            }
            else
            {
                say($"bringing {part.Name} back", Tone.Plain);
                await gateway.RememberAsync([part.Part], all: false);
                start(part);
            }
        }
    }

    private async Task EndAsync(WatchedPart part, ProcessIdentity process, UpWish wish, Action<string, Tone> say)
    {
        if (wish == UpWish.Stop)
        {
            // Then nothing brings it back by itself.
            await ClusterFile.NoteStoppedAsync(gateway.State, [part.Name]);
            Unix.Send(process.Pid, Signal.Terminate);
        }
        else
        {
            say($"kill -9 {process.Pid} ({part.Name})", Tone.Notable);
            Unix.Send(process.Pid, Signal.Kill);
        }
    }
}
