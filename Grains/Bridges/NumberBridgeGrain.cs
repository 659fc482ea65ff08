using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Metrics;
using OrleansGateway.Numbers;

namespace OrleansGateway.Bridges;

/// <inheritdoc cref="INumberBridgeGrain"/>
[KeepAlive, PreferLocalPlacement]
internal sealed partial class NumberBridgeGrain(
    IOptionsMonitor<BridgesOptions> options,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    Handover handover,
    TimeProvider time,
    ILogger<NumberBridgeGrain> logger) : Grain, INumberBridgeGrain, IDisposable
{
    /// <summary>Lines that were read and wait for those before them to be published; then the source is held up.</summary>
    private const int MaxWaitingLines = 1024;

    private const int MaxLinesAPublish = 256;
    private const string LineType = "text/plain; charset=utf-8";
    // A call that was under way when the channel moved or died can stay without an answer for long.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    // The last call is over before the channel forgets the first.
    private static readonly TimeSpan Patience = PublishMemory.OriginAge - (3 * CallTimeout);

    private readonly CancellationTokenSource _stop = new();
    private readonly Guid _sender = Guid.NewGuid();
    private BridgeOptions _options = new();
    private IChannelGrain _channel = null!;
    private LineSource? _source;
    private Task _running = Task.CompletedTask;
    private long _term;
    private long _sequence;
    private long _published;
    private long _skipped;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!options.CurrentValue.Bridges.ContainsKey(Name))
        {
            throw new InvalidOperationException($"No bridge '{Name}' is configured on this node.");
        }

        handover.Add(GrainContext);
        GatewayMeter.BridgeLines.Add(Name, 0);
        GatewayMeter.BridgeLinesSkipped.Add(Name, 0);
        _running = Run(_stop.Token);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        handover.Remove(GrainContext);
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        LogStopped(Name, _published, _skipped);
    }

    public Task<BridgeStatus> Poke()
    {
        var connected = _source?.State.Status is LineSourceStatus.Connected or LineSourceStatus.Receiving;
        return Task.FromResult(new BridgeStatus(silo.SiloAddress, connected, _published, _skipped));
    }

    /// <summary>Stops reading also where the node goes down without deactivating its grains.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Runs with the settings of the moment, and anew when they change, until it is replaced, or is no longer configured.</summary>
    private async Task Run(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            while (options.CurrentValue.Bridges.TryGetValue(Name, out var mine))
            {
                var changed = new CancellationTokenSource();
                using var changes = options.OnChange(_ => Compare());
                Compare();
                (_options, _channel) = (mine, GrainFactory.GetGrain<IChannelGrain>(mine.Channel));
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed.Token);
                try
                {
                    await RunAsConfigured(either.Token);
                    break;
                }
                catch (OperationCanceledException) when (changed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    LogChanged(Name);
                }

                void Compare()
                {
                    if (options.CurrentValue.Bridges.GetValueOrDefault(Name) != mine)
                    {
                        changed.Cancel();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            LogFailed(exception, Name);

            // It is poked several times a second.
            await Task.Delay(AfterFailure, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        // Replaced, removed or broken: whoever is poked next begins afresh.
        DeactivateOnIdle();
    }

    /// <summary>Runs until another bridge takes over.</summary>
    private async Task RunAsConfigured(CancellationToken cancellationToken)
    {
        try
        {
            // The term comes before the connection: what this bridge reads was sent after no other may publish any more.
            while (!await OpenTerm(cancellationToken))
            {
                await Task.Delay(BetweenAttempts, time, cancellationToken);
            }

            if (!HostPort.TryParse(_options.Source, out var at))
            {
                throw new InvalidOperationException($"The bridge '{Name}' has no source HOST:PORT: '{_options.Source}'.");
            }

            _source = new LineSource(
                new LineSourceOptions { Host = at.Host, Port = at.Port, MaxLineBytes = _options.MaxLineBytes, IdleTimeout = _options.IdleTimeout },
                time,
                OnSourceChanged);
            LogStarted(Name, at, _options.Channel);
            var lines = Channel.CreateBounded<MessageDraft>(new BoundedChannelOptions(MaxWaitingLines) { SingleReader = true, SingleWriter = true });
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var reading = Read(_source, lines.Writer, both.Token);
            try
            {
                await Publish(lines.Reader, both.Token);
            }
            finally
            {
                await both.CancelAsync();
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
        finally
        {
            _source = null;
        }
    }

    private async Task Read(LineSource source, ChannelWriter<MessageDraft> lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in source.WithCancellation(cancellationToken))
            {
                if (line.IsOversized || (_options.Lines == LineKind.Integers && !NumberLine.IsInteger(line.Bytes.Span)))
                {
                    GatewayMeter.BridgeLinesSkipped.Add(Name);
                    if (_skipped++ == 0)
                    {
                        LogSkipped(Name, line.IsOversized ? $"longer than {_options.MaxLineBytes} bytes" : "no integer");
                    }

                    continue;
                }

                await lines.WriteAsync(new MessageDraft(LineType, line.Bytes.ToArray()), cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // Who publishes would wait for ever.
            lines.Complete(exception);
            throw;
        }
    }

    private async Task Publish(ChannelReader<MessageDraft> lines, CancellationToken cancellationToken)
    {
        var drafts = new List<MessageDraft>();
        while (await lines.WaitToReadAsync(cancellationToken))
        {
            drafts.Clear();
            while (drafts.Count < MaxLinesAPublish && lines.TryRead(out var draft))
            {
                drafts.Add(draft);
            }

            if (!await Publish([.. drafts], cancellationToken))
            {
                LogReplaced(Name);
                return;
            }
        }
    }

    /// <returns>False where another bridge took over.</returns>
    private async Task<bool> Publish(MessageDraft[] drafts, CancellationToken cancellationToken)
    {
        // It is the same request however often it is sent: the channel knows what it has taken.
        var request = new PublishRequest(drafts, _term, Origin: new PublishOrigin(_sender, ++_sequence));
        Exception? unknown = null;
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                var result = await _channel.Publish(request).WaitAsync(CallTimeout, time, cancellationToken);
                if (result.Status == PublishStatus.Accepted)
                {
                    _published += drafts.Length;
                    GatewayMeter.BridgeLines.Add(Name, drafts.Length);
                    return true;
                }
            }
            catch (ChannelMovedException exception)
            {
                LogChannelAway(exception, Name);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogChannelAway(exception, Name);
                unknown = exception;
                request = request with { Origin = request.Origin! with { Again = true } };
            }

            // Either the channel moved and has not heard of this bridge, or another took over.
            if (!await ClaimTerm(cancellationToken))
            {
                return false;
            }

            // They may have been published or not, and the channel does not know it (any more). Once more could be twice.
            if (unknown is ChannelLostException || (unknown is not null && time.GetElapsedTime(begun) > Patience))
            {
                LogUnknown(unknown, Name, drafts.Length);
                return true;
            }
        }
    }

    private async Task<bool> OpenTerm(CancellationToken cancellationToken)
    {
        try
        {
            _term = await _channel.OpenSource(0).WaitAsync(CallTimeout, time, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogChannelAway(exception, Name);
            return false;
        }
    }

    /// <summary>Claims its term from the channel's new owner.</summary>
    /// <returns>False where it has no right to it any more.</returns>
    private async Task<bool> ClaimTerm(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // A node that was declared dead, and does not know it yet, must not speak up again.
                await membership.Refresh(default, cancellationToken);
                if (membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress) is SiloStatus.Dead or SiloStatus.None)
                {
                    return false;
                }

                return await _channel.OpenSource(_term).WaitAsync(CallTimeout, time, cancellationToken) == _term;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogChannelAway(exception, Name);
            }

            await Task.Delay(BetweenAttempts, time, cancellationToken);
        }
    }

    private void OnSourceChanged(LineSourceState state)
    {
        switch (state)
        {
            case { Status: LineSourceStatus.Disconnected, Failures: 1 }:
                LogAway(Name, _options.Source, state.Reason);
                break;
            case { Status: LineSourceStatus.Receiving }:
                LogReceiving(Name, _options.Source);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Bridge {Name}: owned by this node, reading {Source} into channel {Channel}")]
    private partial void LogStarted(string name, HostPort source, string channel);

    [LoggerMessage(2, LogLevel.Information, "Bridge {Name}: stopped here, after {Published} lines published and {Skipped} skipped")]
    private partial void LogStopped(string name, long published, long skipped);

    [LoggerMessage(3, LogLevel.Warning, "Bridge {Name}: no connection to {Source} ({Reason}); trying again until there is one")]
    private partial void LogAway(string name, string source, string? reason);

    [LoggerMessage(4, LogLevel.Information, "Bridge {Name}: lines come from {Source}")]
    private partial void LogReceiving(string name, string source);

    [LoggerMessage(5, LogLevel.Warning, "Bridge {Name}: skipped a line that is {Reason}; more of them are counted and not logged")]
    private partial void LogSkipped(string name, string reason);

    [LoggerMessage(6, LogLevel.Information, "Bridge {Name}: another node took over")]
    private partial void LogReplaced(string name);

    [LoggerMessage(7, LogLevel.Warning, "Bridge {Name}: {Count} lines got no answer and are given up")]
    private partial void LogUnknown(Exception exception, string name, int count);

    [LoggerMessage(8, LogLevel.Debug, "Bridge {Name}: the channel cannot be reached")]
    private partial void LogChannelAway(Exception exception, string name);

    [LoggerMessage(10, LogLevel.Information, "Bridge {Name}: its settings changed")]
    private partial void LogChanged(string name);

    [LoggerMessage(9, LogLevel.Error, "Bridge {Name} failed")]
    private partial void LogFailed(Exception exception, string name);
}
