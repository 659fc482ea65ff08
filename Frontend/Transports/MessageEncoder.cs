using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The form in which a transport sends messages. It has no state: one serves all.</summary>
internal abstract class MessageEncoder
{
    /// <summary>How many there are.</summary>
    public const int Count = 7;

    public static readonly MessageEncoder Raw = new RawEncoder();
    public static readonly MessageEncoder Sse = new SseEncoder();
    public static readonly MessageEncoder WebSocket = new WebSocketEncoder();
    public static readonly MessageEncoder Tail = new TailEncoder(3, isTwice: false);
    public static readonly MessageEncoder TailTwice = new TailEncoder(6, isTwice: true);
    public static readonly MessageEncoder Json = new JsonEncoder();
    public static readonly MessageEncoder JsonWebSocket = new JsonWebSocketEncoder();

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
