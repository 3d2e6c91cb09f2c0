using ChunkUpload.Api.Files;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class ServedTypeTests
{
    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("TEXT/Plain;charset=\"UTF-8\"")]
    [InlineData("image/png")]
    [InlineData("video/mp4; codecs=\"avc1\"")]
    [InlineData("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData("application/json")]
    public void Harmless_types_stay(string declared) => Assert.Equal(declared, ServedType.Of(declared));

    [Theory]
    [InlineData("text/html")]
    [InlineData("TEXT/HTML; charset=utf-8")]
    [InlineData("image/svg+xml")]
    [InlineData("application/xhtml+xml")]
    [InlineData("text/xml")]
    [InlineData("application/xml")]
    [InlineData("text/javascript")]
    [InlineData("application/x-javascript")]
    [InlineData("text/css")]
    [InlineData("text/cache-manifest")]
    [InlineData("application/wasm")]
    [InlineData("application/vnd.ms-something+xml")]
    [InlineData("audio/x+xml")]
    [InlineData("multipart/related")]
    [InlineData("message/rfc822")]
    [InlineData("made/up")]
    [InlineData("")]
    [InlineData("no type")]
    public void All_others_are_mere_bytes(string declared) => Assert.Equal(ServedType.Bytes, ServedType.Of(declared));

    [Theory]
    [InlineData("text/plain; charset=utf-7")]
    [InlineData("text/plain; charset=utf-16; x=y")]
    public void Charsets_that_change_the_meaning_are_left_out(string declared) => Assert.Equal("text/plain", ServedType.Of(declared));
}
