using System.IO.Pipelines;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>What the conformance suite can't have: limits that change. All else is tested there, frame by frame.</summary>
public class WebSocketReaderTests
{
    [Fact]
    public async Task Read_WhereTheLimitChangesWhileItWaits_TakesTheNew()
    {
        var connection = new Pipe();
        var limit = 3L;
        var reader = new WebSocketReader(connection.Reader, _ => Task.CompletedTask);

        var larger = reader.Read(() => limit, CancellationToken.None);
        limit = 4;
        await connection.Writer.WriteAsync(Text("1234"));
        Assert.Null(await larger);

        var smaller = reader.Read(() => limit, CancellationToken.None);
        limit = 3;
        await connection.Writer.WriteAsync(Text("1234"));
        Assert.Equal("A message has at most 3 bytes.", (await smaller)?.Description);
    }

    // Masked with zeros (RFC 6455, section 5.2).
    private static byte[] Text(string text) => [0x81, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(text)];
}
