using System.Text;
using CsCheck;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class RawEncoderTests
{
    [Fact]
    public void Encode_AnyBytes_AreThemselvesAndANewline() =>
        Gen.Byte.Array[0, 50].Sample(bytes => Assert.Equal([.. bytes, (byte)'\n'], MessageEncoder.Raw.Encode(Entries.Of(bytes, "image/png"))));

    [Fact]
    public void KeepAlive_Newline_ComesEvery5Seconds()
    {
        Assert.Equal("\n", Encoding.ASCII.GetString(MessageEncoder.Raw.EncodeKeepAlive(Entries.At("aaaa-1"))));
        Assert.Equal(TimeSpan.FromSeconds(5), MessageEncoder.Raw.KeepAliveEvery);
    }

    [Fact]
    public void EncodeGap_Gap_CannotBeSaid() => Assert.Null(MessageEncoder.Raw.EncodeGap(Entries.Gap("aaaa-1", "aaaa-2")));
}
