namespace OrleansGateway.Tests.Clients;

/// <summary>Other people's clients that publish what they are told, line by line, each by a key, so that they may ask another node again.</summary>
internal static class Publishers
{
    private static readonly string Here = Path.Combine(NodeProcess.Root, "tests/Clients");

    public static UserProgram Curl(string channel, params Uri[] nodes) => Start("shell", ["bash", "publish.sh", channel, .. Urls(nodes)]);

    public static UserProgram Python(string channel, params Uri[] nodes) =>
        Start("python", ["python3", "publish.py", channel, .. nodes.Select(x => x.Authority)]);

    public static UserProgram Undici(string channel, params Uri[] nodes) => Start("npm", ["node", "undici-publish.mjs", channel, .. Urls(nodes)]);

    public static UserProgram Ws(string channel, params Uri[] nodes) => Start("npm", ["node", "ws-publish.mjs", channel, .. Urls(nodes)]);

    public static UserProgram PlainWs(string channel, Uri node) => Start("npm", ["node", "ws-plain.mjs", $"{channel}?since=none", .. Urls([node])]);

    /// <summary>Publishes by a program, and waits until it ends.</summary>
    public static async Task Publish(this UserProgram program, IEnumerable<Message> messages)
    {
        await using (program)
        {
            foreach (var message in messages)
            {
                await program.Tell(message.ToLine());
            }

            program.EndInput();
            await program.Succeed();
        }
    }

    private static IEnumerable<string> Urls(Uri[] nodes) => nodes.Select(x => x.GetLeftPart(UriPartial.Authority));

    private static UserProgram Start(string folder, string[] command) => UserProgram.Start(Path.Combine(Here, folder), command[0], command[1..]);
}
