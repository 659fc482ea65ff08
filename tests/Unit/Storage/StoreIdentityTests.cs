using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

public class StoreIdentityTests
{
    [Fact]
    public void EpochAfter_AnyDeletions_IsAnEpochOfItsOwn() => Gen.Select(Gen.Long[0, 2_000_000_000_000], Gen.Long[0, 2_000_000_000_000]).Sample((one, other) =>
    {
        var identity = StoreIdentity.New("boot");
        Assert.True(MessageId.TryParse($"{identity.EpochAfter(one)}-0", out _));
        Assert.Equal(one == other, identity.EpochAfter(one) == identity.EpochAfter(other));
        Assert.Equal(identity.EpochAfter(one + 1), identity.EpochAfterDeletionOf(identity.EpochAfter(one)));
        Assert.Equal(identity.EpochAfter(one), identity.EpochAfter(identity.EpochAfter(one)));

        // Another store goes on counting.
        var next = StoreIdentity.New("boot");
        Assert.Equal(next.EpochAfter(one), next.EpochAfter(identity.EpochAfter(one)));
        Assert.NotEqual(next.EpochAfter(one), identity.EpochAfter(one));
    });

    [Fact]
    public void TryFollow_ManyAtOnce_OneSucceeds()
    {
        var directory = Directory.CreateTempSubdirectory("identity-").FullName;
        try
        {
            for (var number = 0; number < 20; number++)
            {
                var made = 0;
                Parallel.For(0, 8, _ => Interlocked.Add(ref made, StoreIdentity.TryFollow(directory, number, StoreIdentity.New("boot")) ? 1 : 0));
                Assert.Equal(1, made);
                Assert.Equal(number + 1, StoreIdentity.Newest(directory).Number);
            }

            Assert.Equal(20, Directory.GetFiles(directory).Length);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void TermOf_AnyTermAndFile_IsTheNextOfThatFile() => Gen.Select(Gen.Long[1, 1L << 52], Gen.Int[1, StoreDirectory.MaxFiles - 1]).Sample((atLeast, file) =>
    {
        var term = StoreDirectory.TermOf(atLeast, file);
        Assert.Equal(file, StoreDirectory.FileOf(term));
        Assert.InRange(term, atLeast, atLeast + StoreDirectory.MaxFiles - 1);
    });
}
