using ChunkUpload.Api.Hosting.Proxies;

namespace ChunkUpload.Tests.Unit.Proxies;

public sealed class ForwardedFieldTests
{
    [Fact]
    public void Reads_the_field_of_each_proxy()
    {
        var hops = ForwardedField.Read(
            "For=\"[2001:db8::1]:4711\";proto=https ; host=\"a.example:8443\", for=192.0.2.7;by=10.0.0.1;secret=\"a\\\"b,;\"")!;
        Assert.Equal([new ForwardedHop("[2001:db8::1]:4711", "https", "a.example:8443"), new ForwardedHop("192.0.2.7", null, null)], hops);
    }

    [Theory]
    [InlineData("for")]
    [InlineData("for=")]
    [InlineData("=a")]
    [InlineData("for=\"a")]
    [InlineData("for=\"a\\")]
    [InlineData("for=a b")]
    [InlineData("for =a")]
    [InlineData("for=a;proto=\"x\"y")]
    public void Ignores_malformed_values(string text) => Assert.Null(ForwardedField.Read(text));

    [Theory]
    [InlineData("a.example", true)]
    [InlineData("a.example:8443", true)]
    [InlineData("under_score", true)]
    [InlineData("192.0.2.1:80", true)]
    [InlineData("[2001:db8::1]", true)]
    [InlineData("[2001:db8::1]:443", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a.example:", false)]
    [InlineData("a.example:0", false)]
    [InlineData("a.example:65536", false)]
    [InlineData("a.example:+8", false)]
    [InlineData("a.example/path", false)]
    [InlineData("user@a.example", false)]
    [InlineData("a.example\r\nX: y", false)]
    [InlineData("a\"b", false)]
    [InlineData("<script>", false)]
    [InlineData("a'b", false)]
    [InlineData("[::1", false)]
    [InlineData("[]", false)]
    [InlineData("[::1]evil", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("höst", false)]
    public void Knows_which_hosts_are_allowed_in_an_address(string? host, bool good) => Assert.Equal(good, PublicUrl.IsHost(host));

    [Theory]
    [InlineData("/a", true)]
    [InlineData("/a/b-c_d~e", true)]
    [InlineData("/", false)]
    [InlineData("a", false)]
    [InlineData("//evil.example", false)]
    [InlineData("/a//b", false)]
    [InlineData("/a/", false)]
    [InlineData("/../a", false)]
    [InlineData("/a?b", false)]
    [InlineData("/a b", false)]
    [InlineData("/\\evil.example", false)]
    [InlineData(null, false)]
    public void Knows_which_path_prefixes_are_allowed(string? prefix, bool good) => Assert.Equal(good, PublicUrl.IsPrefix(prefix));

    [Theory]
    [InlineData("https://files.example.org", "https", "files.example.org", "")]
    [InlineData("https://files.example.org/", "https", "files.example.org", "")]
    [InlineData("https://files.example.org:443/up/", "https", "files.example.org", "/up")]
    [InlineData("http://[2001:db8::1]:8080/up", "http", "[2001:db8::1]:8080", "/up")]
    public void Reads_a_public_address(string url, string scheme, string host, string prefix) =>
        Assert.Equal(new PublicUrl(scheme, host, prefix), PublicUrl.Parse(url));

    [Theory]
    [InlineData("files.example.org")]
    [InlineData("ftp://files.example.org")]
    [InlineData("https://user@files.example.org")]
    [InlineData("https://files.example.org/?a=b")]
    [InlineData("https://files.example.org/#a")]
    [InlineData("/up")]
    public void Refuses_an_invalid_public_address(string url) => Assert.Null(PublicUrl.Parse(url));

    [Fact]
    public void Settings_name_addresses_and_networks()
    {
        Assert.Empty(new ProxyOptions
        {
            Trusted = ["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/32"],
            PublicUrl =
            "https://a.example"
        }.Validate(new(new object())));
        Assert.Equal(3,
            new ProxyOptions { Trusted = ["proxy.example", "10.0.0.0/33"], PublicUrl = "a.example" }.Validate(new(new object())).Count());
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("https://files.example.org/upload", 1)]
    [InlineData("https://pages.example.org", 0)]
    public void The_origin_of_files_is_another_host_than_that_of_the_pages(string? pages, int faults) => Assert.Equal(
        faults, new ProxyOptions { PublicUrl = pages, ContentUrl = "https://Files.example.org:443" }.Validate(new(new object())).Count());
}
