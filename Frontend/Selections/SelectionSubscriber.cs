using System.IO.Pipelines;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Selections;

/// <summary>A subscription to several channels. Behind the ring it reads what they keep, up to a place in the ring.</summary>
internal sealed class SelectionSubscriber : Subscriber
{
    private readonly SelectionRelay _relay;
    private string _cursor = string.Empty;
    private SelectionReader? _reader;
    private IReadOnlyList<RelayEntry> _page = [];
    private int _next;
    private long _goal;
    private bool _isPoll;

    /// <inheritdoc cref="Subscriber(Relay, MessageEncoder, PipeWriter, TimeProvider, Func{long?}?)"/>
    public SelectionSubscriber(SelectionRelay relay, MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress)
        : base(relay, encoder, output, time, progress) => _relay = relay;

    protected override string Position => _cursor;

    public override bool IsPoll => _isPoll;

    /// <summary>Begins with the next message.</summary>
    public void JoinLive()
    {
        Begin();
        (var place, _cursor) = _relay.AddLive(this);
        GoLive(place);
    }

    /// <summary>Begins with what a reader finds.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="cursor">The cursor before it.</param>
    /// <param name="goal">The place in the ring up to which it reads, or null to end there.</param>
    public void JoinAfter(SelectionReader reader, string cursor, long? goal)
    {
        Begin();
        (_reader, _cursor, _goal, _isPoll) = (reader, cursor, goal ?? 0, goal is null);
        _relay.Add(this);
    }

    protected override bool TryMoveTo(RelayEntry entry)
    {
        _cursor = entry.Cursor!;
        return true;
    }

    // It goes on from its cursor then, unless that cannot give the same again; a page is bounded too.
    protected override void LetGo()
    {
        if (!_isPoll && _reader is { IsOnce: false } reader && Cursor.Parse(_cursor) is { } cursor)
        {
            (_reader, _page, _next) = (reader.From(cursor), [], 0);
        }
    }

    protected override async ValueTask<bool> CatchUp()
    {
        if (_next == _page.Count)
        {
            if (_reader is null)
            {
                if (_relay.ReadAfter(Cursor.Parse(_cursor)!) is not { } found)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), Time);
                    return true;
                }

                (_reader, _goal) = found;
            }

            var reading = _reader.Next();
            if (!await WaitFor(reading))
            {
                return false;
            }

            if (!reading.IsCompletedSuccessfully)
            {
                // A channel moves, or a file cannot be read now.
                LetGo();
                await Task.Delay(TimeSpan.FromMilliseconds(100), Time);
                return true;
            }

            if (await reading is not { } page)
            {
                _cursor = _reader.Cursor;
                _reader = null;
                if (_isPoll)
                {
                    EndItself(EndReason.Complete);
                }
                else
                {
                    // Where it fell out of the ring meanwhile, it reads again.
                    GoLive(_goal);
                }

                return true;
            }

            (_page, _next) = (page, 0);
        }

        for (var bytes = 0; _next < _page.Count && HasRoom(bytes);)
        {
            bytes += WriteEntry(_page[_next++]);
        }

        return true;
    }
}
