using System.Net;
using ChunkUpload.Api.Access;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class AccessTests
{
    [Fact]
    public void Fresh_key_is_well_formed_and_recognised()
    {
        var text = OperatorKey.NewText();
        Assert.True(OperatorKey.IsWellFormed(text));
        Assert.StartsWith("cu_op_", text, StringComparison.Ordinal);
        Assert.NotEqual(text, OperatorKey.NewText());
        var key = new OperatorKey();
        Assert.False(key.Matches(text));
        key.Set(text);
        Assert.True(key.Matches(text));
    }

    [Fact]
    public void Every_other_key_is_refused()
    {
        var text = OperatorKey.NewText();
        var key = new OperatorKey();
        key.Set(text);
        Assert.False(key.Matches(""));
        Assert.False(key.Matches(OperatorKey.NewText()));
        Assert.False(key.Matches(text + " "));
        Assert.False(key.Matches(text.ToUpperInvariant()));
        Assert.False(key.Matches(text.AsSpan(0, text.Length - 1)));
        Assert.False(key.Matches(new string('ü', text.Length)));
        Assert.False(key.Matches(new string('a', 100_000)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cu_op_")]
    [InlineData("cu_op_short")]
    [InlineData("xx_op_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cu_op_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("cu_op_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Malformed_key_is_not_well_formed(string text) => Assert.False(OperatorKey.IsWellFormed(text));

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.8.7", true)]
    [InlineData("[::1]", true)]
    [InlineData("::1", true)]
    [InlineData("", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("0x7f.1", false)]
    [InlineData("127.1", false)]
    [InlineData("2130706433", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("[::ffff:192.168.1.1]", false)]
    [InlineData("*", false)]
    public void Loopback_names_are_told_from_others(string host, bool loopback) =>
        Assert.Equal(loopback, UnauthenticatedAccessPolicy.IsLoopbackName(host));

    [Theory]
    [InlineData("127.0.0.1:8080", null, null, true)]
    [InlineData("localhost:1", null, "none", true)]
    [InlineData("[::1]:8080", "http://[::1]:8080", "same-origin", true)]
    [InlineData("localhost:8080", "http://localhost:3000", "same-site", true)]
    [InlineData("rebound.example:8080", null, null, false)]
    [InlineData("127.0.0.1:8080", "http://evil.example", null, false)]
    [InlineData("127.0.0.1:8080", "null", null, false)]
    [InlineData("127.0.0.1:8080", "file://", null, false)]
    [InlineData("127.0.0.1:8080", "http://localhost.evil.example", null, false)]
    [InlineData("127.0.0.1:8080", null, "cross-site", false)]
    [InlineData("127.0.0.1:8080", null, "made-up", false)]
    [InlineData("", null, null, false)]
    public void Without_a_key_only_requests_of_this_machine_are_let_in(string host, string? origin, string? site, bool passes)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Host = host;
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        if (site is not null)
            context.Request.Headers["Sec-Fetch-Site"] = site;
        context.Connection.LocalIpAddress = IPAddress.Loopback;
        Assert.Equal(passes, UnauthenticatedAccessPolicy.Fault(context) is null);
    }

    [Fact]
    public void Without_a_key_requests_to_other_addresses_are_refused()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Host = "localhost";
        context.Connection.LocalIpAddress = IPAddress.Parse("192.0.2.1");
        Assert.NotNull(UnauthenticatedAccessPolicy.Fault(context));
    }
}
