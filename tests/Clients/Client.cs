namespace OrleansGateway.Tests.Clients;

/// <summary>Somebody's client that follows a channel.</summary>
internal abstract class Client(string name) : IAsyncDisposable
{
    public string Name => name;

    public abstract List<Message> Messages { get; }

    /// <summary>What it complained of.</summary>
    public abstract string Errors { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A program that prints messages.</summary>
internal sealed class ProgramClient(string name, UserProgram program) : Client(name)
{
    public override List<Message> Messages => [.. program.Lines.Select(Message.Parse).OfType<Message>()];

    public override string Errors => program.Errors;

    public override ValueTask DisposeAsync() => program.DisposeAsync();
}

/// <summary>One that uses .NET's own classes, in this process.</summary>
internal sealed class DotNetClient : Client
{
    private readonly List<Message> _messages = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public DotNetClient(string name, Func<Action<Message?>, CancellationToken, Task> run)
        : base(name) => _running = Task.Run(() => run(Add, _stop.Token));

    public override List<Message> Messages
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages];
            }
        }
    }

    public override string Errors => _running.Exception?.ToString() ?? string.Empty;

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Add(Message? message)
    {
        if (message is { } seen)
        {
            lock (_messages)
            {
                _messages.Add(seen);
            }
        }
    }
}
