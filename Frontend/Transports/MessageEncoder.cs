using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The form in which a transport sends messages. It has no state: one serves all.</summary>
internal abstract class MessageEncoder
{
    /// <summary>How many there are.</summary>
    public const int Count = 9;

    public static readonly MessageEncoder Raw = new RawEncoder();
    public static readonly MessageEncoder Sse = new SseEncoder();
    public static readonly MessageEncoder WebSocket = new WebSocketEncoder();
    public static readonly MessageEncoder Tail = new TailEncoder(3, isTwice: false);
    public static readonly MessageEncoder TailTwice = new TailEncoder(8, isTwice: true);
    public static readonly MessageEncoder SvgTail = new SvgTailEncoder();
    public static readonly MessageEncoder Json = new JsonEncoder();
    public static readonly MessageEncoder JsonWebSocket = new JsonWebSocketEncoder();
    public static readonly MessageEncoder SseJson = new SseJsonEncoder();

    /// <summary>All of them.</summary>
    public static readonly MessageEncoder[] All = [Raw, Sse, WebSocket, Tail, TailTwice, SvgTail, Json, JsonWebSocket, SseJson];

    /// <summary>What it is called where it is counted; some have the same name.</summary>
    public abstract string Name { get; }

    /// <summary>Its number, below <see cref="Count"/>.</summary>
    public abstract int Index { get; }

    /// <summary>After how much silence <see cref="EncodeKeepAlive"/> is sent; null for never.</summary>
    public virtual TimeSpan? KeepAliveEvery => null;

    /// <summary>Whether a client that is behind wants the newest message only.</summary>
    public virtual bool NewestOnly => false;

    /// <summary>The bytes of a message.</summary>
    public abstract byte[] Encode(RelayEntry entry);

    /// <summary>The bytes that say a gap, or null where the form has no way to say it.</summary>
    public virtual byte[]? EncodeGap(Gap gap) => null;

    /// <summary>What begins a stream; may be empty.</summary>
    public virtual byte[] EncodeOpen(in Standing at) => [];

    /// <summary>What keeps the connection alive.</summary>
    public virtual byte[] EncodeKeepAlive(in Standing at) => [];

    /// <summary>The bytes that say why a stream ends, or null where the form has no way to say it.</summary>
    public virtual byte[]? EncodeEnd(in Standing at, EndReason reason) => null;

    /// <summary>A reason as clients see it.</summary>
    protected static string NameOf(EndReason reason) => reason switch
    {
        EndReason.Slow => "slow",
        EndReason.Deleted => "deleted",
        _ => "shutdown",
    };
}
