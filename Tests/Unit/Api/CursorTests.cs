using System.Buffers.Text;
using System.Text;
using ChunkUpload.Api.Lists;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class CursorTests
{
    private static readonly PageKey Key = new("ü🎉", 12, new DateTimeOffset(638000000001234567, TimeSpan.Zero), UploadId.New());

    [Fact]
    public void Cursor_comes_back_whole()
    {
        var text = Cursor.Write("-createdAt", Key);
        Assert.Equal(Key, Cursor.Read(text, "-createdAt", CursorParts.Id | CursorParts.Number | CursorParts.Text | CursorParts.Time));
        Assert.Matches("^[A-Za-z0-9_-]+$", text);
    }

    [Fact]
    public void Cursor_of_the_longest_name_comes_back()
    {
        var key = Key with { Text = string.Concat(Enumerable.Repeat("🎉", 255)) };
        Assert.Equal(key, Cursor.Read(Cursor.Write("name", key), "name", CursorParts.Text));
    }

    [Fact]
    public void Cursor_of_another_order_is_refused() =>
        Assert.Null(Cursor.Read(Cursor.Write("name", Key), "-name", CursorParts.None));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("!!!!")]
    [InlineData("bm90IGpzb24")]
    [InlineData("e30")]
    [InlineData("bnVsbA")]
    [InlineData("W10")]
    public void Invalid_cursor_is_refused(string text) => Assert.Null(Cursor.Read(text, "name", CursorParts.None));

    [Theory]
    [InlineData("""{"sort":"name","text":"\u0000","number":null,"ticks":null,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"\ud800","number":null,"ticks":null,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":null,"id":"zz"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":-1,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":9223372036854775807,"id":"00000000000000000000000000000000"}""")]
    [InlineData("""{"sort":"name","text":"a","number":null,"ticks":null,"id":"00000000000000000000000000000000","more":1}""")]
    public void Forged_cursor_that_the_database_could_not_take_is_refused(string json) =>
        Assert.Null(Cursor.Read(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json)), "name", CursorParts.Text));

    [Fact]
    public void A_list_with_numbers_refuses_a_negative_one()
    {
        Assert.Equal(77, Read(77)?.Number);
        Assert.Null(Read(-1));

        static PageKey? Read(long number) =>
            Cursor.Read(Cursor.Write("missing", new PageKey(null, number, null, default)), "missing", CursorParts.Number);
    }

    [Fact]
    public void A_cursor_without_what_the_list_needs_is_refused() =>
        Assert.All([CursorParts.Id, CursorParts.Number, CursorParts.Time], parts => Assert.Null(
            Cursor.Read(Cursor.Write("users", new PageKey("ann", null, null, default)), "users", CursorParts.Text | parts)));
}
