using System.Net;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Tests.Unit.Outbound;

public sealed class OutboundAddressTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.255.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_addresses_of_the_internet_are_public(string address, bool expected) =>
        Assert.Equal(expected, OutboundAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("8.8.8.9", true)]
    [InlineData("2606:4700:0:1::1", false)]
    [InlineData("2606:4700:0:1::2", false)]
    [InlineData("2606:4700:0:2::1", true)]
    [InlineData("10.1.2.3", false)]
    public void A_public_address_of_this_machine_or_on_its_link_is_not_allowed(string address, bool expected) =>
        Assert.Equal(expected, OutboundAddresses.IsAllowed(
            IPAddress.Parse(address), [(IPAddress.Parse("8.8.8.8"), 24), (IPAddress.Parse("2606:4700:0:1::1"), 64)]));
}
