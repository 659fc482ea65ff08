using System.Text;

namespace OrleansGateway.Tests.Conformance.Clients;

/// <summary>One request on a connection of its own: the target and the headers go out as they are written.</summary>
internal static class Http
{
    public static Task<Answer> Get(Uri node, string target, params string[] headers) => Send(node, "GET", target, null, headers);

    public static Task<Answer> Post(Uri node, string target, string body, params string[] headers) => Send(node, "POST", target, Encoding.UTF8.GetBytes(body), headers);

    public static Task<Answer> Post(Uri node, string target, byte[] body, params string[] headers) => Send(node, "POST", target, body, headers);

    public static async Task<Answer> Send(Uri node, string method, string target, byte[]? body, params string[] headers)
    {
        using var connection = await Open(node, method, target, body, headers);
        return await connection.ReadAnswer(method);
    }

    /// <summary>Sends a request and leaves its answer to be read.</summary>
    public static async Task<Connection> Open(Uri node, string method, string target, byte[]? body, params string[] headers)
    {
        string[] length = body is null ? [] : [$"Content-Length: {body.Length}"];
        var connection = await Connection.Open(node, [$"{method} {target} HTTP/1.1", $"Host: {node.Authority}", .. length, .. headers]);
        await connection.SendBytes(body ?? []);
        return connection;
    }

    /// <summary>Publishes a message that has to be taken.</summary>
    /// <returns>Its id.</returns>
    public static Task<string> Publish(Uri node, string channel, string body, params string[] headers) => Publish(node, channel, Encoding.UTF8.GetBytes(body), headers);

    /// <inheritdoc cref="Publish(Uri, string, string, string[])"/>
    public static async Task<string> Publish(Uri node, string channel, byte[] body, params string[] headers)
    {
        var answer = await Post(node, $"/{channel}", body, headers);
        Assert.True(answer.Status == 200, $"{answer.Head.StatusLine}: {answer.Text}");
        return answer["Message-Id"]!;
    }

    /// <summary>The texts that a channel keeps, read by another node.</summary>
    public static async Task<string[]> Texts(Uri node, string channel) =>
        [.. (await Get(node, $"/{channel}?poll=1")).Lines.Select(x => x.GetProperty("data").GetString()!)];
}
