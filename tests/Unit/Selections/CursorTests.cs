using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Selections;

namespace OrleansGateway.Tests.Unit.Selections;

public sealed class CursorTests
{
    private static readonly Gen<MessageId> Ids = Gen.Select(Gen.OneOf(Gen.Const("aaaa"), Gen.Const("b1b1b1b1"), Gen.Const("zzzzzzzzzzzzzzzz")), Gen.Long[0, long.MaxValue], (x, y) => new MessageId(x, y));

    private static readonly Gen<SelectionPosition> Positions = Gen.Select(
        Gen.Int[0, 7],
        Ids.Array[3],
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[0, 1000], (x, y) => new JournalPlace(x, y)).Array[0, 5],
        (which, ids, places) => new SelectionPosition
        {
            Channels = ids.Select((x, i) => (Name: ((string[])["a", "b", "c/d"])[i], Id: x)).Where((_, i) => (which & (1 << i)) != 0).ToDictionary(x => x.Name, x => x.Id),
            Journals = places.Select((x, i) => (i, x)).ToDictionary(x => (x.i * 200) + 1, x => x.x),
        });

    [Fact]
    public void Parse_WhatWasWritten_IsTheSamePosition() => Positions.Sample(position =>
    {
        var selection = Select("a,b,c/d,p/*");
        var text = new Cursor.Writer(selection, "store123").Write(position);
        var cursor = Cursor.Parse(text)!;
        Assert.Equal("store123", cursor.Store);
        Assert.Equal(position.Journals, cursor.Journals);
        Assert.True(cursor.Knows("p/"));
        Assert.False(cursor.Knows("q/"));
        Assert.All(selection.Names, x => Assert.Equal(position.Channels.TryGetValue(x, out var id) ? id : null, cursor.Of(x)));
        Assert.Null(cursor.Of("p/x"));
        Assert.Equal(text, new Cursor.Writer(selection, "store123").Write(cursor.PositionIn(selection, new SelectionPosition())));
    });

    // Otherwise somebody's id of a channel, or a time, would be taken for one.
    [Fact]
    public void Write_IsNeitherAnIdNorATime() => Positions.Sample(position =>
        Assert.False(Since.TryParse(new Cursor.Writer(Select("a,b"), string.Empty).Write(position), DateTimeOffset.UnixEpoch, out _)));

    [Fact]
    public void Write_AsManyChannelsAsThereMayBe_IsBelow2KB()
    {
        // Each with an epoch of its own, as channels in memory have, and more messages than anybody will publish.
        var names = Enumerable.Range(1, ChannelSelection.MaxParts).Select(x => $"channel/{x}").ToList();
        var position = new SelectionPosition { Channels = names.ToDictionary(x => x, x => new MessageId($"e{x.GetHashCode(StringComparison.Ordinal):x8}"[..8], 1L << 40)) };
        Assert.InRange(new Cursor.Writer(Select(string.Join(',', names)), string.Empty).Write(position).Length, 1000, 2048);
        position = new SelectionPosition { Journals = Enumerable.Range(1, 64).ToDictionary(x => x, _ => new JournalPlace(1L << 40)) };
        Assert.InRange(new Cursor.Writer(Select("*"), "store123").Write(position).Length, 100, 2048);
    }

    [Fact]
    public void Parse_AnythingElse_IsNoneAndNeverThrows()
    {
        Gen.String.Sample(x => Assert.Null(Cursor.Parse(x)));
        Gen.Byte.Array[0, 60].Sample(x =>
        {
            // Whatever is read from bytes is a cursor that can be written again.
            if (Cursor.Parse("c." + System.Buffers.Text.Base64Url.EncodeToString(x)) is { } cursor)
            {
                Assert.All(cursor.Journals.Values, y => Assert.True(y.Last >= 0 && y.Left >= 0));
            }
        });
        var whole = new Cursor.Writer(Select("a,p/*"), "store123").Write(new SelectionPosition { Channels = new() { ["a"] = new MessageId("aaaa", 300) }, Journals = new() { [3] = new(500, 2) } });
        Assert.NotNull(Cursor.Parse(whole));
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Null(Cursor.Parse(whole[..length]));
        }
    }

    [Fact]
    public void PositionIn_AnotherSelection_KnowsWhatItKnows()
    {
        var position = new SelectionPosition { Channels = new() { ["a"] = new MessageId("aaaa", 3) }, Journals = new() { [1] = new(5) } };
        var cursor = Cursor.Parse(new Cursor.Writer(Select("a,p/*"), "store123").Write(position))!;
        var here = new SelectionPosition { Channels = new() { ["a"] = new MessageId("aaaa", 9), ["b"] = new MessageId("bbbb", 7) }, Journals = new() { [1] = new(50), [2] = new(60) } };

        var changed = cursor.PositionIn(Select("a,b,p/*,q/*"), here);
        Assert.Equal(new MessageId("aaaa", 3), changed.Channels["a"]);
        Assert.Equal(new MessageId("bbbb", 7), changed.Channels["b"]);
        Assert.Equal(new Dictionary<int, JournalPlace> { [1] = new(5) }, changed.Journals);
        var filter = cursor.FilterFor(Select("a,b,p/*,q/*"));
        Assert.True(filter("p/x"));
        Assert.False(filter("q/x"));

        // A prefix that it does not know starts new.
        Assert.Equal(here.Journals, cursor.PositionIn(Select("a,q/*"), here).Journals);
    }

    private static ChannelSelection Select(string path)
    {
        Assert.Null(ChannelSelection.Read(path, _ => false, out var selection));
        return selection!;
    }
}
