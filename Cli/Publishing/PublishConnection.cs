using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansGateway.Cli.Nodes;

namespace OrleansGateway.Cli.Publishing;

/// <summary>A WebSocket (<c>gateway.json</c>) to one node: what is published goes out in order, and so do the answers come.</summary>
internal sealed class PublishConnection : IAsyncDisposable
{
    /// <summary>The code of a node that closes as a message was too big.</summary>
    public const int TooBig = 1009;

    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(6);

    private readonly Uri _node;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly ArrayBufferWriter<byte> _control = new();
    private readonly SemaphoreSlim _writing = new(1);

    private PublishConnection(Uri node, HttpResponseMessage response, Stream stream) =>
        (_node, _response, _stream, _reader) = (node, response, stream, PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024)));

    /// <summary>The code with which the node closed; null while it has not.</summary>
    public int? CloseCode { get; private set; }

    /// <summary>Opens one.</summary>
    /// <param name="client">Asks the node.</param>
    /// <param name="node">The node.</param>
    /// <param name="path">The path of the channel, without its first slash.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="NodeFailure">It can't be had now.</exception>
    /// <exception cref="CommandFailure">It never can.</exception>
    public static async Task<PublishConnection> OpenAsync(NodeClient client, Uri node, string path, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/{path}?as=ws"));
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        request.Headers.Add("Sec-WebSocket-Protocol", "gateway.json");
        var response = await client.SendAsync(request, HeadTime, stop);
        try
        {
            await NodeClient.CheckAsync(response, stop);
            return response.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols
                ? new PublishConnection(node, response, await response.Content.ReadAsStreamAsync(stop))
                : throw new CommandFailure($"{node} opens no WebSocket: that is no gateway");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Sends frames.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> frames, CancellationToken stop)
    {
        await _writing.WaitAsync(stop);
        try
        {
            await _stream.WriteAsync(frames, stop);
            await _stream.FlushAsync(stop);
        }
        catch (IOException exception)
        {
            throw Lost(exception.Message);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Waits for answers.</summary>
    /// <param name="answers">Where they are added.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="NodeFailure">The connection is gone.</exception>
    public async Task ReadAsync(List<LineAnswer> answers, CancellationToken stop)
    {
        ReadResult read;
        try
        {
            read = await _reader.ReadAsync(stop);
        }
        catch (IOException exception)
        {
            throw Lost(exception.Message);
        }

        try
        {
            Take(read.Buffer, answers);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new CommandFailure($"{_node} answers otherwise than a gateway: {exception.Message}");
        }

        if (_control.WrittenCount > 0)
        {
            await SendAsync(_control.WrittenMemory, stop);
            _control.ResetWrittenCount();
        }

        if (read.IsCompleted && answers.Count == 0)
        {
            throw Lost(CloseCode is { } code ? $"it closed the connection ({code})" : "it ended the connection");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _stream.DisposeAsync();
        _response.Dispose();
        _writing.Dispose();
    }

    private NodeFailure Lost(string why) => new($"{_node}: {why}", reached: true);

    // The node fragments nothing.
    private void Take(ReadOnlySequence<byte> buffer, List<LineAnswer> answers)
    {
        var end = buffer.End;
        while (ClientFrames.TryRead(ref buffer, out var frame))
        {
            switch (frame.Opcode)
            {
                case ClientFrames.Text:
                    if (PublishJson.Read(frame.Payload.IsSingleSegment ? frame.Payload.FirstSpan : frame.Payload.ToArray()) is { Line: not null } answer)
                    {
                        answers.Add(answer);
                    }

                    break;
                case ClientFrames.Ping:
                    ClientFrames.Write(_control, ClientFrames.Pong, frame.Payload.ToArray());
                    break;
                case ClientFrames.Close:
                    var payload = frame.Payload.ToArray();
                    CloseCode = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005;
                    ClientFrames.Write(_control, ClientFrames.Close, payload);
                    break;
            }
        }

        _reader.AdvanceTo(buffer.Start, end);
    }
}
