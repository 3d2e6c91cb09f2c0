using System.Net;
using System.Net.Sockets;
using ChunkUpload.AdvisorLab.Emulated;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

/// <summary>The emulated link. The bench shows its effect on times.</summary>
public sealed class EmulatedLinkTests : IDisposable
{
    private static readonly Trace Fast = new("fast", "fast", 0.002, cellular: false, uplink: true, [(10, 50e6)]);

    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(1));

    public EmulatedLinkTests() => _echo.Start();

    public void Dispose()
    {
        _echo.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Bytes_come_through_whole_and_in_order_both_ways()
    {
        await using var link = new EmulatedLink(Case(double.PositiveInfinity), (IPEndPoint)_echo.LocalEndpoint, 0);
        using var client = new TcpClient();
        await client.ConnectAsync(link.Address, _deadline.Token);
        using var service = await _echo.AcceptTcpClientAsync(_deadline.Token);
        var echoing = service.GetStream().CopyToAsync(service.GetStream(), _deadline.Token);

        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        var received = new byte[sent.Length];
        var reading = client.GetStream().ReadExactlyAsync(received, _deadline.Token);
        await client.GetStream().WriteAsync(sent, _deadline.Token);
        await reading;

        Assert.Equal(sent, received);
        client.Close();
        await Task.WhenAny(echoing);
    }

    [Fact]
    public async Task A_loud_drop_resets_both_ends()
    {
        await using var link = new EmulatedLink(Case(double.PositiveInfinity), (IPEndPoint)_echo.LocalEndpoint, 0);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var relay = new TcpListener(IPAddress.Loopback, 0);
        relay.Start();
        await client.ConnectAsync(relay.LocalEndpoint, _deadline.Token);
        using var connection =
            new EmulatedConnection(link, await relay.AcceptSocketAsync(_deadline.Token), (IPEndPoint)_echo.LocalEndpoint, _deadline.Token);
        connection.Start();
        using var service = await _echo.AcceptSocketAsync(_deadline.Token);

        // The connection is open once a byte has come through.
        _ = await service.SendAsync(new byte[1], _deadline.Token);
        Assert.Equal(1, await client.ReceiveAsync(new byte[1], _deadline.Token));
        connection.Break();
        Assert.True(connection.IsOver);
        foreach (var end in (Socket[])[client, service])
        {
            var reset = await Assert.ThrowsAsync<SocketException>(async () => await end.ReceiveAsync(new byte[1], _deadline.Token));
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
    }

    private static Scenario Case(double mtbf) =>
        new(0, Fast, 0, 1_000_000, 0.002, 0.005, 4 << 20, Http2: false, mtbf, double.PositiveInfinity, 0, 1);
}
