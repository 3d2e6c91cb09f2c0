using System.Net;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Unit.Advisor;

public sealed class ClientHintsTests
{
    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56")]
    [InlineData("127.0.0.1", "127.0.0.0/24")]
    public void A_network_is_the_address_without_its_last_part(string address, string network) =>
        Assert.Equal(network, ClientHints.NetworkOf(IPAddress.Parse(address)));

    [Fact]
    public void No_address_is_a_network_of_its_own() => Assert.Equal("unknown", ClientHints.NetworkOf(null));

    [Fact]
    public void Reads_what_browsers_say()
    {
        var link = Read(("RTT", "150"), ("Downlink", "1.6"), ("ECT", "4g"), ("Save-Data", "on"));
        Assert.Equal((0.15, 200_000, (bool?)true), (link.RoundTrip, link.Rate, link.Sparing));
    }

    [Theory]
    [InlineData("slow-2g", 131_072)]
    [InlineData("2g", 131_072)]
    [InlineData("3g", 262_144)]
    [InlineData("4g", 786_432)]
    [InlineData("9g", 0)]
    public void The_class_of_a_link_stands_for_a_rate(string type, double rate) => Assert.Equal(rate, Read(("ECT", type)).Rate);

    [Theory]
    [InlineData("metered", true, 0)]
    [InlineData("battery", true, 0)]
    [InlineData("metered=?0", false, 0)]
    [InlineData("battery, send-ms=1840", true, 1.84)]
    [InlineData("metered=?0, battery", true, 0)]
    [InlineData("battery, metered=?0", true, 0)]
    [InlineData("metered=1", null, 0)]
    [InlineData("send-ms=1840.5;a=b", null, 1.8405)]
    [InlineData("send-ms=99999999999", null, 3600)]
    [InlineData("send-ms=-1", null, 0)]
    [InlineData("send-ms=\"soon\"", null, 0)]
    [InlineData("unheard-of=1, metered", true, 0)]
    [InlineData("metered, ,", null, 0)]
    [InlineData("METERED", null, 0)]
    [InlineData("", null, 0)]
    public void Reads_the_header_Upload_Client_or_ignores_it(string field, bool? sparing, double seconds)
    {
        var link = Read((ClientHints.Own, field));
        Assert.Equal(sparing, link.Sparing);
        Assert.Equal(seconds, link.SendSeconds, 1e-9);
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("1e9")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x10")]
    [InlineData("1,5")]
    [InlineData(" ")]
    [InlineData("twenty")]
    public void A_hint_that_cannot_be_read_is_as_good_as_none(string text)
    {
        var link = Read(("RTT", text), ("Downlink", text), ("ECT", text), ("Save-Data", text));
        Assert.Equal((0, 0, (bool?)null), (link.RoundTrip, link.Rate, link.Sparing));
    }

    [Fact]
    public void Absurd_values_are_limited()
    {
        var link = Read(("RTT", "999999999999999999999"), ("Downlink", "999999999999999999999"));
        Assert.Equal((10, 1.25e10), (link.RoundTrip, link.Rate));
        link = new ClientNetwork("x").With(new AdviceRequestBody { RoundTripMs = 1e308, DownlinkMbps = 1e308 });
        Assert.Equal((10, 1.25e10), (link.RoundTrip, link.Rate));
    }

    [Fact]
    public void Hints_in_the_body_override_those_in_headers()
    {
        var link = Read(("RTT", "150"), ("Downlink", "8"))
            .With(new AdviceRequestBody { RoundTripMs = 40, EffectiveType = "3g", Battery = true });
        Assert.Equal((0.04, 262_144, true), (link.RoundTrip, link.Rate, link.Sparing));
        link = Read(("RTT", "150"), ("Downlink", "8")).With(new AdviceRequestBody());
        Assert.Equal((0.15, 1e6), (link.RoundTrip, link.Rate));
    }

    private static ClientNetwork Read(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        foreach (var (name, value) in headers)
            context.Request.Headers.Append(name, value);
        return ClientHints.Read(context);
    }
}
