using OrleansGateway.Channels;

namespace OrleansGateway.Relays;

/// <summary>
/// Lets readers that are behind the ring share what they read: when a thousand clients come back at once and go on from the
/// same place, each page is asked for once and each of its messages encoded once. It holds few pages, and not for long.
/// </summary>
/// <param name="channel">The channel's name.</param>
/// <param name="read">Reads from the channel: after an id, about so many bytes.</param>
/// <param name="time">The clock.</param>
internal sealed class RelayPages(string channel, Func<MessageId, int, Task<ChannelPage>> read, TimeProvider time)
{
    /// <summary>About how many bytes of messages a page has.</summary>
    public const int PageBytes = 128 * 1024;

    /// <summary>The most pages that are held for the next reader.</summary>
    public const int MaxPages = 4;

    /// <summary>How long a page is held after it was last asked for.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly List<(RelayPage Page, long UsedAt)> _recent = [];
    private readonly Dictionary<MessageId, TaskCompletionSource<RelayPage>> _underWay = [];

    /// <summary>Whether no page is held or being read.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _recent.Count == 0 && _underWay.Count == 0;
            }
        }
    }

    /// <summary>How many pages are held.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _recent.Count;
            }
        }
    }

    /// <summary>The page that goes on after an id.</summary>
    public Task<RelayPage> Get(MessageId after)
    {
        TaskCompletionSource<RelayPage>? page;
        lock (_lock)
        {
            for (var i = _recent.Count - 1; i >= 0; i--)
            {
                if (_recent[i].Page is var held && held.Covers(after))
                {
                    _recent.RemoveAt(i);
                    _recent.Add((held, time.GetTimestamp()));
                    return Task.FromResult(held);
                }
            }

            if (_underWay.TryGetValue(after, out page))
            {
                return page.Task;
            }

            page = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _underWay.Add(after, page);
        }

        _ = Read(after, page);
        return page.Task;
    }

    /// <summary>Once a second: forgets the pages that nobody asks for.</summary>
    public void Expire(long now)
    {
        lock (_lock)
        {
            _recent.RemoveAll(x => time.GetElapsedTime(x.UsedAt, now) >= Lifetime);
        }
    }

    private async Task Read(MessageId after, TaskCompletionSource<RelayPage> answer)
    {
        try
        {
            var page = new RelayPage(channel, await read(after, PageBytes));
            Done(after, page);
            answer.SetResult(page);
        }
        catch (Exception exception)
        {
            Done(after, null);
            answer.SetException(exception);
        }
    }

    private void Done(MessageId after, RelayPage? page)
    {
        lock (_lock)
        {
            _underWay.Remove(after);
            if (page is not { Entries.Length: > 0 })
            {
                return;
            }

            if (_recent.Count == MaxPages)
            {
                _recent.RemoveAt(0);
            }

            _recent.Add((page, time.GetTimestamp()));
        }
    }
}
