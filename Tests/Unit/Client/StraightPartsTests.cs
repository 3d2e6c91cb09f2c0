using System.Net;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Client;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Straight;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The parts of sending a file straight: keys, pins, addresses.</summary>
public sealed class StraightPartsTests : IDisposable
{
    private static readonly Guid Device = Guid.NewGuid();

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_computer_makes_its_key_once_and_only_its_user_can_read_it()
    {
        var fingerprints = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var own = DeviceIdentity.Of(_folder.Path);
            return own.FingerprintText;
        })));
        Assert.Single(fingerprints.Distinct());
        var file = Path.Combine(_folder.Path, "device", "key.pem");
        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        // A copy by hand is closed again.
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        using (DeviceIdentity.Of(_folder.Path))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await File.WriteAllTextAsync(file, "nothing");
        Assert.Contains(
            "damaged", Assert.Throws<TransferException>(() => DeviceIdentity.Of(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_key_of_a_device_holds_until_it_is_forgotten()
    {
        byte[] first = [.. Enumerable.Repeat((byte)1, 32)], second = [.. Enumerable.Repeat((byte)2, 32)];
        var pins = Pins();
        Assert.True(pins.Accept("https://a", Device, "laptop", first));
        Assert.True(Pins().Accept("https://a", Device, "laptop", first));
        Assert.False(Pins().Accept("https://a", Device, "laptop", second));
        // Another service has other devices.
        Assert.True(Pins().Accept("https://b", Device, "laptop", second));
        Assert.True(Pins().Forget(Device));
        Assert.False(Pins().Forget(Device));
        Assert.True(Pins().Accept("https://a", Device, "laptop", second));
        File.WriteAllText(Path.Combine(_folder.Path, "device", "pins.json"), "{");
        Assert.Throws<TransferException>(() => Pins().Accept("https://a", Device, "laptop", second));
    }

    [Theory]
    [InlineData("192.168.1.5:7443", "192.168.1.5:7443")]
    [InlineData("[fd00::1]:7443 10.0.0.1:1", "[fd00::1]:7443 10.0.0.1:1")]
    [InlineData("127.0.0.1:7443", "127.0.0.1:7443")]
    [InlineData("127.0.0.1:7443 192.168.1.5:7443", "192.168.1.5:7443")]
    [InlineData("[::ffff:127.0.0.1]:7443 192.168.1.5:7443", "192.168.1.5:7443")]
    [InlineData("224.0.0.1:7443 239.1.1.1:1 255.255.255.255:1 [ff02::1]:7443", "")]
    [InlineData("169.254.1.1:7443 [fe80::1]:7443 0.0.0.0:7443 [::]:7443", "")]
    [InlineData("192.168.1.5 host:7443 192.168.1.5:0 192.168.1.5:99999 x", "")]
    public void Addresses_of_a_device_are_tried_unless_they_lead_elsewhere(string told, string tried) => Assert.Equal(
        tried, string.Join(' ', StraightAddresses.Choose(told.Split(' '), [])));

    [Fact]
    public void At_most_eight_told_addresses_are_tried_and_typed_ones_before_them()
    {
        var told = Enumerable.Range(1, 12).Select(number => $"10.0.0.{number}:7443").ToList();
        var typed = IPEndPoint.Parse("127.0.0.1:1");
        var chosen = StraightAddresses.Choose(told, [typed]);
        Assert.Equal(9, chosen.Count);
        Assert.Equal(typed, chosen[0]);
        Assert.Equal([typed], StraightAddresses.Choose(["127.0.0.1:7443"], [typed]));
    }

    [Theory]
    [InlineData("private", true)]
    [InlineData("private:7443", true)]
    [InlineData("192.168.1.5", true)]
    [InlineData("[fd00::1]:7443", true)]
    [InlineData("127.0.0.1:7443", true)]
    [InlineData("private:0", false)]
    [InlineData("private:70000", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]:7443", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("169.254.1.1:7443", false)]
    [InlineData("public", false)]
    [InlineData("", false)]
    public void An_agent_listens_only_at_addresses_of_one_network(string text, bool isChoice)
    {
        Assert.Equal(isChoice, ListenChoice.Parse(text, out var fault) is not null);
        Assert.NotEmpty(fault);
    }

    [Theory]
    [InlineData("100.100.1.1", true)]
    [InlineData("fd7a:115c:a1e0::5", true)]
    [InlineData("100.128.0.1", false)]
    [InlineData("192.168.1.5", false)]
    public void An_overlay_is_known_by_its_range(string remote, bool isOverlay) => Assert.Equal(
        isOverlay, StraightAddresses.IsOverlay(IPAddress.Loopback, IPAddress.Parse(remote)));

    [Theory]
    [InlineData("wg0", true)]
    [InlineData("nebula1", true)]
    [InlineData("tailscale0", true)]
    [InlineData("eth0", false)]
    public void An_overlay_is_known_by_its_interface(string name, bool isOverlay) =>
        Assert.Equal(isOverlay, StraightAddresses.IsOverlayName(name));

    [Fact]
    public async Task A_device_that_is_not_reached_is_named_and_not_the_service()
    {
        using var http = new HttpClient();
        var address = new Uri("http://127.0.0.1:1/");
        foreach (var (other, expected) in new[] { ("laptop at 127.0.0.1:1", "laptop at 127.0.0.1:1"), (null, "the service") })
        {
            var calls = new ServiceCalls(
                http, null, ServiceAddress.Of(address), new ChunkUploadClientOptions { Service = address }, TimeProvider.System, other);
            var failure = await Assert.ThrowsAsync<TransferException>(() => calls.SendAsync(
                calls.Request(HttpMethod.Get, "x"), CancellationToken.None));
            Assert.Equal($"No connection to {expected}.", failure.Message);
        }
    }

    private DevicePins Pins() => new(_folder.Path, TimeProvider.System);
}
