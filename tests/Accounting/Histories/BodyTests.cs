using System.Text;

namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>A body tells who sent it, and gives away whatever happened to it.</summary>
public sealed class BodyTests
{
    private static readonly byte[] Sent = Body.Make(7, 42, "a/b", 100);

    [Fact]
    public void Read_AsItWasSent_TellsWhoSentIt()
    {
        var content = Body.Read(Sent, "a/b");
        Assert.Equal((7, 42, false), (content.Publisher, content.Number, content.IsDamaged));
        Assert.Equal(content, Body.Read(Body.Make(7, 42, "a/b", 100), "a/b"));
    }

    [Fact]
    public void Read_AnyByteChangedOrCut_IsDamaged()
    {
        for (var i = 0; i < Sent.Length; i++)
        {
            byte[] changed = [.. Sent];
            changed[i] ^= 1;
            Assert.True(Body.Read(changed, "a/b").IsDamaged, $"byte {i}");
            Assert.True(Body.Read(Sent.AsSpan(0, i), "a/b").IsDamaged, $"{i} bytes");
        }
    }

    [Fact]
    public void Read_OnAnotherChannelOrSomethingElse_IsDamaged()
    {
        Assert.True(Body.Read(Sent, "a/c").IsDamaged);
        Assert.True(Body.Read([.. Sent, .. Sent], "a/b").IsDamaged);
        Assert.True(Body.Read(Encoding.UTF8.GetBytes(new string('x', 200)), "a/b").IsDamaged);
    }

    [Fact]
    public void Make_IsOneLine() => Assert.DoesNotContain((byte)'\n', Sent);
}
