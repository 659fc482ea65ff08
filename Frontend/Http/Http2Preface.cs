using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace OrleansGateway.Http;

/// <summary>
/// HTTP/2 with prior knowledge (RFC 9113, section 3.3) on the port that speaks HTTP/1.1: a client says it by the first bytes of its connection.
/// The server looks only for what TLS has negotiated, so that is what it is told; no TLS is spoken.
/// </summary>
internal sealed class Http2Preface : ITlsConnectionFeature, ITlsApplicationProtocolFeature
{
    // Who says nothing for so long is left to the server's own time limits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

    public X509Certificate2? ClientCertificate { get; set; }

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);

    /// <summary>Serves a connection.</summary>
    public static async Task Serve(ConnectionContext connection, ConnectionDelegate next)
    {
        if (await BeginsWithPreface(connection))
        {
            var feature = new Http2Preface();
            connection.Features.Set<ITlsConnectionFeature>(feature);
            connection.Features.Set<ITlsApplicationProtocolFeature>(feature);
        }

        await next(connection);
    }

    private static async Task<bool> BeginsWithPreface(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var tooLong = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(tooLong.Token);
                var begins = Begins(read.Buffer, out var isWhole);
                var isKnown = !begins || isWhole || read.IsCompleted;

                // Nothing is taken; what is not examined is given again at once.
                input.AdvanceTo(read.Buffer.Start, isKnown ? read.Buffer.Start : read.Buffer.End);
                if (isKnown)
                {
                    return begins && isWhole;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private static bool Begins(in ReadOnlySequence<byte> bytes, out bool isWhole)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        first = first[..(int)Math.Min(bytes.Length, first.Length)];
        bytes.Slice(0, first.Length).CopyTo(first);
        isWhole = first.Length == Preface.Length;
        return Preface.StartsWith(first);
    }
}
