using System.Globalization;
using System.Text;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class FileNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("...")]
    [InlineData(".hidden")]
    [InlineData("a..b")]
    [InlineData("über straße.txt")]
    [InlineData("фото.jpg")]
    [InlineData("写真 2026.png")]
    [InlineData("🎉🎉.gif")]
    [InlineData("e\u0301.txt")]
    [InlineData("\u200fملف.pdf")]
    [InlineData("100%.txt")]
    [InlineData("a\"b'c<d>.html")]
    [InlineData("CON")]
    public void Name_is_allowed(string name) => Assert.Null(FileNameRule.Fault(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("..\\b")]
    [InlineData("/etc/passwd")]
    [InlineData("a\0b")]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\u007fb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    [InlineData("photo\u202egpj.exe")]
    [InlineData("a\u2066b")]
    [InlineData("a\u202ab")]
    [InlineData("   ")]
    [InlineData("\u00a0\u3000")]
    [InlineData("\u200f\u200e")]
    public void Name_is_refused(string? name) => Assert.NotNull(FileNameRule.Fault(name));

    // Not as inline data: an attribute cannot hold half a surrogate pair.
    [Fact]
    public void Lone_surrogates_are_refused_and_made_safe()
    {
        Assert.NotNull(FileNameRule.Fault("a\ud800"));
        Assert.NotNull(FileNameRule.Fault("\udc00a"));
        Assert.Equal("attachment; filename=\"a_.txt\"; filename*=UTF-8''a%EF%BF%BD.txt", ContentDisposition.Attachment("a\ud800.txt"));
    }

    [Fact]
    public void Length_is_counted_in_characters()
    {
        Assert.Null(FileNameRule.Fault(string.Concat(Enumerable.Repeat("🎉", 255))));
        Assert.NotNull(FileNameRule.Fault(new string('a', 256)));
        Assert.NotNull(FileNameRule.Fault(new string('a', 10_000)));
    }

    [Theory]
    [InlineData("a.txt", "attachment; filename=\"a.txt\"")]
    [InlineData("a b.txt", "attachment; filename=\"a b.txt\"")]
    [InlineData("ü.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt")]
    [InlineData("a\"b.txt", "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt")]
    [InlineData("a\\b.txt", "attachment; filename=\"a_b.txt\"")]
    [InlineData("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt")]
    [InlineData("🎉.gif", "attachment; filename=\"_.gif\"; filename*=UTF-8''%F0%9F%8E%89.gif")]
    [InlineData("a\r\nSet-Cookie: x=1", "attachment; filename=\"a__Set-Cookie: x=1\"")]
    [InlineData("photo\u202egpj.exe", "attachment; filename=\"photogpj.exe\"")]
    [InlineData("\u200fa.txt", "attachment; filename=\"a.txt\"")]
    [InlineData("..", "attachment; filename=\"file\"")]
    [InlineData("\u202e", "attachment; filename=\"file\"")]
    [InlineData("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\"")]
    public void Content_disposition_says_the_name_safely(string name, string expected) =>
        Assert.Equal(expected, ContentDisposition.Attachment(name));

    [Fact]
    public void Content_disposition_is_one_printable_line_for_every_character()
    {
        for (var i = 0; i <= 0x10FFFF; i++)
        {
            if (!Rune.IsValid(i))
                continue;
            var header = ContentDisposition.Attachment($"x{new Rune(i)}y.bin");
            Assert.True(header.All(c => c is >= ' ' and <= '~'), i.ToString("X", CultureInfo.InvariantCulture));
            Assert.Equal(2, header.Count(c => c == '"'));
        }
    }

    [Fact]
    public void Content_disposition_of_an_endless_name_stays_short() =>
        Assert.InRange(ContentDisposition.Attachment(new string('ü', 100_000)).Length, 1, 4000);

    [Theory]
    [InlineData("/api/files/a%20b.txt", "a b.txt")]
    [InlineData("/api/files/a%2Fb", "a/b")]
    [InlineData("/api/files/a%252Fb", "a%2Fb")]
    [InlineData("/api/files/%C3%BC?x=1", "ü")]
    [InlineData("/API/Files/a+b", "a+b")]
    [InlineData("/api/files/", "")]
    [InlineData("http://host:80/api/files/x", "x")]
    [InlineData("/api/files/%00", "\0")]
    public void Name_is_decoded_once_from_the_request_line(string target, string expected)
    {
        Assert.True(RawName.TryRead(target, "/api/files/", out var name));
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("/api/files/%")]
    [InlineData("/api/files/%4")]
    [InlineData("/api/files/%zz")]
    [InlineData("/api/files/%C3")]
    [InlineData("/api/files/%C0%AF")]
    [InlineData("/api/files/%ED%A0%80")]
    [InlineData("/api/files/%+1")]
    [InlineData("/api/files/\u00fc")]
    [InlineData("/elsewhere/x")]
    public void Name_that_is_not_utf_8_is_refused(string target) => Assert.False(RawName.TryRead(target, "/api/files/", out _));

    [Theory]
    [InlineData("/a/../b", true)]
    [InlineData("/a/./b", true)]
    [InlineData("/a/..", true)]
    [InlineData("/a/%2e%2E/b", true)]
    [InlineData("/a/.%2e", true)]
    [InlineData("http://h/../b", true)]
    [InlineData("/a/...", false)]
    [InlineData("/a/..b/c..", false)]
    [InlineData("/a?x=/../", false)]
    [InlineData("/", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void Dot_segments_are_seen(string target, bool expected) => Assert.Equal(expected, RawName.HasDotSegment(target));

    [Theory]
    [InlineData("video/mp4", true)]
    [InlineData("text/plain; charset=utf-8", true)]
    [InlineData("application/vnd.api+json", true)]
    [InlineData("", false)]
    [InlineData("text", false)]
    [InlineData("text/", false)]
    [InlineData("*/*", false)]
    [InlineData("text/*", false)]
    [InlineData("text/plain\r\nX: y", false)]
    [InlineData("text/plän", false)]
    public void Media_type_is_checked(string type, bool allowed) => Assert.Equal(allowed, MediaTypeRule.Allows(type));

    [Fact]
    public void Media_type_has_a_limit() => Assert.False(MediaTypeRule.Allows("a/" + new string('b', 300)));
}
