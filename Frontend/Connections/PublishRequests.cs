using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>What a plain POST or PUT publishes.</summary>
internal static class PublishRequests
{
    /// <summary>Reads one.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="body">Its body.</param>
    /// <param name="options">What is allowed.</param>
    /// <param name="answersJson">Whether its client wants to be answered in JSON.</param>
    /// <returns>Null where something is wrong with it: the web server's endpoint says what.</returns>
    public static Publication? Read(in RequestHead head, ReadOnlySpan<byte> body, FrontendOptions options, out bool answersJson)
    {
        string? key = null;
        answersJson = false;
        if (body.Length > options.MaxMessageBytes
            || (!head.IdempotencyKey.IsEmpty && IdempotencyKey.Read(Encoding.ASCII.GetString(head.IdempotencyKey), out key) is not null))
        {
            return null;
        }

        answersJson = !head.Accept.IsEmpty && !head.Accept.SequenceEqual("*/*"u8) && Negotiation.PrefersJson(Encoding.ASCII.GetString(head.Accept));
        return new Publication(new MessageDraft(head.ContentType.IsEmpty ? null : Encoding.ASCII.GetString(head.ContentType), body.ToArray()), Key: key);
    }
}
