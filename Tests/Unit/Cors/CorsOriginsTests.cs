using ChunkUpload.Api.Cors;

namespace ChunkUpload.Tests.Unit.Cors;

/// <summary>Rule T165: which origins match.</summary>
public sealed class CorsOriginsTests
{
    [Theory]
    [InlineData("*", "https://anywhere.example", true)]
    [InlineData("https://app.example.org", "https://app.example.org", true)]
    [InlineData("https://app.example.org", "HTTPS://APP.example.org", true)]
    [InlineData("https://app.example.org", "http://app.example.org", false)]
    [InlineData("https://app.example.org", "https://app.example.org:8443", false)]
    [InlineData("https://app.example.org", "https://app.example.org.evil.example", false)]
    [InlineData("http://localhost:3000", "http://localhost:3000", true)]
    [InlineData("https://*.example.org", "https://a.example.org", true)]
    [InlineData("https://*.example.org", "https://a.b.example.org", true)]
    [InlineData("https://*.example.org", "https://example.org", false)]
    [InlineData("https://*.example.org", "https://.example.org", false)]
    [InlineData("https://*.example.org", "https://evilexample.org", false)]
    [InlineData("https://*.example.org", "http://a.example.org", false)]
    [InlineData("https://*.example.org", "https://a.example.org:444", false)]
    [InlineData("https://*.example.org:444", "https://a.example.org:444", true)]
    [InlineData("https://*.example.org", "https://evil.example/.example.org", false)]
    [InlineData("https://*.example.org", "https://evil.example#.example.org", false)]
    [InlineData("https://*.example.org", "https://user@a.example.org", false)]
    [InlineData("https://app.example.org", "null", false)]
    [InlineData("null", "null", true)]
    public void An_origin_is_allowed_by_its_pattern_alone(string pattern, string origin, bool allowed) =>
        Assert.Equal(allowed, new CorsOrigins([pattern]).Allows(origin));

    [Theory]
    [InlineData("*", true)]
    [InlineData("null", true)]
    [InlineData("https://app.example.org", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://[::1]:3000", true)]
    [InlineData("https://*.example.org", true)]
    [InlineData("https://app.example.org/", false)]
    [InlineData("https://app.example.org/path", false)]
    [InlineData("https://app.example.org:443", false)]
    [InlineData("https://user@app.example.org", false)]
    [InlineData("https://app.*.org", false)]
    [InlineData("https://*example.org", false)]
    [InlineData("*.example.org", false)]
    [InlineData("app.example.org", false)]
    [InlineData("ftp://app.example.org", false)]
    [InlineData("", false)]
    public void A_pattern_is_what_browsers_send_or_a_fault(string pattern, bool good) =>
        Assert.Equal(good, CorsOrigins.Fault(pattern) is null);

    [Fact]
    public void Credentials_need_a_list_and_extra_headers_are_names()
    {
        Assert.Empty(new CorsOptions().Validate(new(new object())));
        Assert.Single(new CorsOptions { Credentials = true }.Validate(new(new object())));
        Assert.Empty(new CorsOptions { Credentials = true, Origins = ["https://app.example.org"] }.Validate(new(new object())));
        Assert.Single(new CorsOptions { Origins = ["none", "https://app.example.org"] }.Validate(new(new object())));
        Assert.Single(new CorsOptions { AllowHeaders = ["X-Good", "X Bad"] }.Validate(new(new object())));
    }
}
