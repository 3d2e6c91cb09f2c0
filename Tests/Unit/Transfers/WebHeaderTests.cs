using System.Net;
using ChunkUpload.Infrastructure.Connectors.Web;

namespace ChunkUpload.Tests.Unit.Transfers;

public sealed class WebHeaderTests
{
    [Theory]
    [InlineData("attachment; filename=\"a b.txt\"", "a b.txt")]
    [InlineData("attachment; filename=plain.txt; size=3", "plain.txt")]
    [InlineData("attachment;filename=\"a\\\"b;c.txt\"", "a\"b;c.txt")]
    [InlineData("attachment; filename=\"C:\\\\temp\\\\b.txt\"", "b.txt")]
    [InlineData("attachment; filename=\"../../etc/passwd\"", "passwd")]
    [InlineData("attachment; filename=\"x.txt\"; filename*=UTF-8'en'na%C3%AFve%20%e2%82%ac.txt", "naïve €.txt")]
    [InlineData("attachment; filename*=iso-8859-1''na%EFve.txt", "naïve.txt")]
    [InlineData("attachment; filename*=UTF-8''%FF%FE; filename=\"rest.txt\"", "rest.txt")]
    [InlineData("attachment; filename*=UTF-8''..%2F..%2Fevil.exe", "evil.exe")]
    [InlineData("attachment; filename=\"Ã¼ber.txt\"", "über.txt")]
    [InlineData("inline", null)]
    [InlineData("attachment; filename=\"..\"", null)]
    [InlineData("attachment; filename=", null)]
    public void A_name_is_read_as_servers_write_it(string field, string? expected)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        Assert.True(answer.Content.Headers.TryAddWithoutValidation("Content-Disposition", field));
        Assert.Equal(expected, WebHeaders.Name(answer));
    }

    [Theory]
    [InlineData("\"a\"", null, true)]
    [InlineData("W/\"a\"", null, false)]
    [InlineData("W/\"a\"", 60, true)]
    [InlineData(null, 60, true)]
    [InlineData(null, 0, false)]
    [InlineData(null, null, false)]
    public void Only_what_is_strong_ties_ranges_to_a_version(string? tag, int? age, bool expected)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        answer.Headers.Date = now;
        if (tag is not null)
            answer.Headers.ETag = System.Net.Http.Headers.EntityTagHeaderValue.Parse(tag);
        if (age is { } seconds)
            answer.Content.Headers.LastModified = now.AddSeconds(-seconds);
        Assert.Equal(expected, WebHeaders.Validator(answer) is not null);
    }

    [Theory]
    [InlineData("https://example.org/a%20b.bin", "https://example.org/a%20b.bin", "a b.bin", null)]
    [InlineData("https://example.org/?x=%7E%2f", "https://example.org/?x=%7E%2f", "example.org", null)]
    [InlineData("https://example.org/dir/", "https://example.org/dir/", "dir", null)]
    [InlineData("https://ann:p%40ss@example.org:8443/x?a@b my name.txt", "https://example.org:8443/x?a@b", "my name.txt", "ann:p@ss")]
    [InlineData("http://example.org/a%2F..%2Fb", "http://example.org/a%2F..%2Fb", "b", null)]
    public void An_address_is_sent_as_it_was_written_without_its_credentials(string line, string sent, string name, string? credentials)
    {
        var address = WebAddress.Parse(line, out var fault);
        Assert.Null(fault);
        Assert.Equal((sent, name, credentials), (address!.Location.OriginalString, address.Name, address.Credentials));
    }

    [Theory]
    [InlineData("https://example.org/", true)]
    [InlineData("https://EXAMPLE.org:443/x", true)]
    [InlineData("http://example.org/", false)]
    [InlineData("https://example.org:444/", false)]
    [InlineData("https://example.org.evil.test/", false)]
    public void Credentials_belong_to_one_origin(string other, bool expected) =>
        Assert.Equal(expected, WebAddress.Parse("https://a:b@example.org/x", out _)!.IsOrigin(new Uri(other)));
}
