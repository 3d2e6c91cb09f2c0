using System.Buffers.Text;
using System.Text;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class CursorTests
{
    private static readonly PageKey Key = new("ü🎉", 12, new DateTimeOffset(638000000001234567, TimeSpan.Zero), UploadId.New());

    [Fact]
    public void Cursor_comes_back_whole()
    {
        var text = Cursor.Write("-createdAt", Key);
        Assert.True(Cursor.TryRead(text, "-createdAt", out var key));
        Assert.Equal(Key, key);
        Assert.Matches("^[A-Za-z0-9_-]+$", text);
    }

    [Fact]
    public void Cursor_of_the_longest_name_comes_back()
    {
        var key = Key with { Text = string.Concat(Enumerable.Repeat("🎉", 255)) };
        Assert.True(Cursor.TryRead(Cursor.Write("name", key), "name", out var read));
        Assert.Equal(key, read);
    }

    [Fact]
    public void Cursor_of_another_order_is_refused() => Assert.False(Cursor.TryRead(Cursor.Write("name", Key), "-name", out _));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("!!!!")]
    [InlineData("bm90IGpzb24")]
    [InlineData("e30")]
    [InlineData("bnVsbA")]
    [InlineData("W10")]
    public void Invalid_cursor_is_refused(string text)
    {
        Assert.False(Cursor.TryRead(text, "name", out _));
        Assert.False(Cursor.TryReadOffset(text, "chunks", out _));
    }

    [Theory]
    [InlineData("""{"sort":"name","text":"\u0000","number":null,"ticks":null,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"\ud800","number":null,"ticks":null,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":null,"id":"zz"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":-1,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":9223372036854775807,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":null,"id":"00000000000000000000000000000000","more":1}""")]
    public void Forged_cursor_that_the_database_could_not_take_is_refused(string json) =>
        Assert.False(Cursor.TryRead(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json)), "name", out _));

    [Fact]
    public void Offset_cursor_comes_back_and_is_not_negative()
    {
        Assert.True(Cursor.TryReadOffset(Cursor.WriteOffset("missing", 77), "missing", out var offset));
        Assert.Equal(77, offset);
        Assert.False(Cursor.TryReadOffset(Cursor.WriteOffset("missing", -1), "missing", out _));
        Assert.False(Cursor.TryReadOffset(Cursor.WriteOffset("missing", 1), "chunks", out _));
    }
}
