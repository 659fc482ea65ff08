using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http;

namespace OrleansGateway.Connections;

/// <summary>A plain GET and its response, as the endpoints see them.</summary>
internal sealed class Exchange : IThreadPoolWorkItem, IConnectionHandler,
    IHttpRequestFeature, IHttpResponseFeature, IHttpResponseBodyFeature, IHttpUpgradeFeature, IHttpRequestLifetimeFeature,
    IConnectionSocketFeature, IInputEndedFeature
{
    private readonly ClientConnection _connection;
    private readonly RequestReader _reader;
    private readonly RequestServices _services;
    private readonly SocketOutput _output;
    private readonly LateToken _aborted = new();
    private readonly LateToken _inputEnded = new();
    private readonly int _headLength;
    private byte[] _read;
    private bool _hasStarted;
    private bool _isUpgraded;

    /// <summary>Takes a request.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="reader">Who goes on with the next one.</param>
    /// <param name="services">What serves it.</param>
    /// <param name="read">What was read of the connection: it, and perhaps more.</param>
    /// <param name="head">It.</param>
    public Exchange(ClientConnection connection, RequestReader reader, RequestServices services, byte[] read, in RequestHead head)
    {
        (_connection, _reader, _services, _read, _headLength) = (connection, reader, services, read, head.Length);
        _output = new SocketOutput(connection);
        (Path, QueryString) = (Encoding.ASCII.GetString(head.Path), Encoding.ASCII.GetString(head.Query));
        RawTarget = Path + QueryString;
        var lines = head.Headers;
        while (RequestHead.Next(ref lines, out var name, out var value))
        {
            RequestHeaders.Append(Encoding.ASCII.GetString(name), Encoding.ASCII.GetString(value));
        }
    }

    public string Protocol { get; set; } = "HTTP/1.1";

    public string Scheme { get; set; } = "http";

    public string Method { get; set; } = "GET";

    public string PathBase { get; set; } = string.Empty;

    public string Path { get; set; }

    public string QueryString { get; set; }

    public string RawTarget { get; set; }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public bool HasStarted => _hasStarted;

    public PipeWriter Writer => Started();

    public Stream Stream => Started().AsStream(leaveOpen: true);

    public bool IsUpgradableRequest => RequestHeaders.Upgrade.Count > 0;

    public CancellationToken RequestAborted { get => _aborted.Token; set => throw new NotSupportedException(); }

    IHeaderDictionary IHttpRequestFeature.Headers { get => RequestHeaders; set => throw new NotSupportedException(); }

    Stream IHttpRequestFeature.Body { get; set; } = Stream.Null;

    IHeaderDictionary IHttpResponseFeature.Headers { get => ResponseHeaders; set => throw new NotSupportedException(); }

    Stream IHttpResponseFeature.Body { get => Stream; set => throw new NotSupportedException(); }

    Socket IConnectionSocketFeature.Socket => _connection.Socket;

    CancellationToken IInputEndedFeature.InputEnded => _inputEnded.Token;

    private IHeaderDictionary RequestHeaders { get; } = new HeaderDictionary();

    private IHeaderDictionary ResponseHeaders { get; } = new HeaderDictionary();

    public void Execute() => _ = Run();

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (!_hasStarted)
        {
            Start();
            await _output.FlushAsync(cancellationToken);
        }

        _output.IsChunked = IsStream;
    }

    public async Task<Stream> UpgradeAsync()
    {
        (StatusCode, _isUpgraded) = (StatusCodes.Status101SwitchingProtocols, true);
        Start();
        await _output.FlushAsync();
        return new SocketStream(_connection, _read);
    }

    public void Abort() => _connection.Close();

    public Task CompleteAsync() => Task.CompletedTask;

    public void DisableBuffering()
    {
    }

    public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException();

    public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    void IConnectionHandler.OnInputEnded() => _inputEnded.Cancel();

    void IConnectionHandler.OnClosed() => _aborted.Cancel();

    // Without a length it ends with its last chunk.
    private bool IsStream => !_isUpgraded && ResponseHeaders.TransferEncoding.Count > 0;

    private async Task Run()
    {
        var (goesOn, isPassedOn) = (false, false);
        try
        {
            var features = new FeatureCollection();
            features.Set<IHttpRequestFeature>(this);
            features.Set<IHttpResponseFeature>(this);
            features.Set<IHttpResponseBodyFeature>(this);
            features.Set<IHttpUpgradeFeature>(this);
            features.Set<IHttpRequestLifetimeFeature>(this);
            features.Set<IConnectionSocketFeature>(this);
            features.Set<IInputEndedFeature>(this);
            var context = new DefaultHttpContext(features);
            if (!Hub.IsStream(context))
            {
                isPassedOn = true;
                _reader.PassOn(_read);
                return;
            }

            // Only what came after the head is needed from here on.
            _read = _read[_headLength..];
            _reader.Attach(this);
            await _services.Hub.Handle(context);
            goesOn = await Finish();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client is gone.
        }
        catch (Exception exception)
        {
            _connection.Owner.Failed(exception);
            await Apologize();
        }
        finally
        {
            if (!isPassedOn)
            {
                _reader.Done(goesOn);
            }
        }
    }

    /// <summary>Finishes the response.</summary>
    /// <returns>Whether another request may follow.</returns>
    private async Task<bool> Finish()
    {
        // Who takes nothing is cut off: it sees no last chunk.
        if (_isUpgraded || _connection.IsClosed || _output.IsFlushing)
        {
            return false;
        }

        if (!_hasStarted)
        {
            ResponseHeaders.ContentLength = 0;
            Start();
        }

        if (IsStream)
        {
            await _output.FlushAsync();
            _output.IsChunked = false;
            "0\r\n\r\n"u8.CopyTo(_output.GetSpan(5));
            _output.Advance(5);
        }

        _reader.KeepRest(_read);
        return !(await _output.FlushAsync()).IsCompleted;
    }

    private async Task Apologize()
    {
        if (!_hasStarted)
        {
            await _output.WriteAsync(PublishAnswer.Of(Problem.Failed));
        }
    }

    private SocketOutput Started()
    {
        if (!_hasStarted)
        {
            if (ResponseHeaders.ContentLength is null)
            {
                throw new InvalidOperationException("A response without a length is started before it is written.");
            }

            Start();
        }

        return _output;
    }

    private void Start()
    {
        _hasStarted = true;
        if (!_isUpgraded && ResponseHeaders.ContentLength is null)
        {
            ResponseHeaders.TransferEncoding = "chunked";
        }

        ResponseHead.Write(_output, StatusCode, ResponseHeaders);
    }
}
