using System.IO.Pipelines;
using OrleansGateway.Channels;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>A subscription to one channel. Behind the ring it reads pages from the channel.</summary>
internal sealed class ChannelSubscriber : Subscriber
{
    private readonly ChannelRelay _relay;
    private MessageId _after;
    private MessageId? _until;
    private RelayPage? _page;

    /// <inheritdoc cref="Subscriber(Relay, MessageEncoder, PipeWriter, TimeProvider, Func{long?}?)"/>
    public ChannelSubscriber(ChannelRelay relay, MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress = null)
        : base(relay, encoder, output, time, progress) => _relay = relay;

    protected override string Position => _after.ToString();

    public override bool IsPoll => _until is not null;

    /// <summary>Begins with the next message.</summary>
    /// <returns>The id after which it begins.</returns>
    public MessageId JoinLive()
    {
        Begin();
        (var place, _after) = _relay.AddLive(this);
        GoLive(place);
        return _after;
    }

    /// <summary>Begins after an id.</summary>
    /// <param name="after">The id.</param>
    /// <param name="until">The last id that it sends, or null to go on for ever. In another epoch it ends too.</param>
    public void JoinAfter(MessageId after, MessageId? until = null)
    {
        Begin();
        (_after, _until) = (after, until);
        if (until is null)
        {
            GatewayMeter.Resumes.Add(_relay.GoLive(after) is null ? "log" : "ring");
        }

        CompleteIfAtTheEnd();
        _relay.Add(this);
    }

    protected override bool TryMoveTo(RelayEntry entry)
    {
        // Another epoch cannot come before the end that was asked for: that end never comes.
        if (_until is { } until && (entry.Epoch != until.Epoch || entry.Message.Offset > until.Offset))
        {
            return false;
        }

        _after = entry.Id;
        return true;
    }

    protected override void OnWritten() => CompleteIfAtTheEnd();

    protected override void LetGo() => _page = null;

    protected override async ValueTask<bool> CatchUp()
    {
        if (_page is not { } page || !page.Covers(_after))
        {
            _page = null;
            if (_relay.GoLive(_after) is { } place)
            {
                GoLive(place);
                return true;
            }

            if (await ReadPage() is not { } read)
            {
                return !IsEnding;
            }

            page = read;
            if (!Enter(page))
            {
                return true;
            }

            if (!page.Covers(_after))
            {
                if (page.Position.Newest <= _after.Offset)
                {
                    // Ahead of this node's relay: what comes next reaches the ring soon.
                    await Task.Delay(TimeSpan.FromMilliseconds(5), Time);
                }

                return true;
            }

            _page = page;
        }

        var bytes = 0;
        for (var i = page.IndexAfter(_after); i < page.Entries.Length && HasRoom(bytes); i++)
        {
            bytes += WriteEntry(page.Entries[i]);
        }

        return true;
    }

    private void CompleteIfAtTheEnd()
    {
        if (_until is { } until && _after.Epoch == until.Epoch && _after.Offset >= until.Offset)
        {
            EndItself(EndReason.Complete);
        }
    }

    /// <summary>Reads the page after its place.</summary>
    /// <returns>Null where it ended meanwhile, or the channel could not be reached: after a while it may try again.</returns>
    private async ValueTask<RelayPage?> ReadPage()
    {
        var reading = _relay.Pages.Get(_after);
        if (!await WaitFor(reading))
        {
            return null;
        }

        if (reading.IsCompletedSuccessfully)
        {
            return await reading;
        }

        // The channel moves; the relay goes on when it is found again.
        await Task.Delay(TimeSpan.FromMilliseconds(100), Time);
        return null;
    }

    /// <summary>Goes to where the page begins; says so where that is behind a hole.</summary>
    /// <returns>Whether it can go on there.</returns>
    private bool Enter(RelayPage page)
    {
        if (_until is { } until && page.Position.Epoch != until.Epoch)
        {
            EndItself(EndReason.Complete);
            return false;
        }

        if (page.Position.Epoch != _after.Epoch || page.Oldest > _after.Offset + 1)
        {
            var resumed = new MessageId(page.Position.Epoch, page.Oldest - 1);
            var missed = page.Position.Epoch == _after.Epoch ? resumed.Offset - _after.Offset : (long?)null;

            GatewayMeter.Gaps.Add();

            // A new epoch is no hole for those who carry no ids, and for those who want the newest only there is none.
            if (Encoder.EncodeGap(new Gap(_relay.Name, _after, resumed, missed)) is { } gap)
            {
                Write(gap);
            }
            else if (missed is not null && !Encoder.NewestOnly)
            {
                EndItself(EndReason.Slow);
                return false;
            }

            _after = resumed;
            CompleteIfAtTheEnd();
        }

        if (Encoder.NewestOnly && page.Position.Newest - 1 > _after.Offset)
        {
            _after = page.Position.Id with { Offset = page.Position.Newest - 1 };
        }

        return true;
    }
}
