using System.Net.Sockets;
using System.Text;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The notifications to systemd from a service that it has started.</summary>
public sealed class SupervisorTests
{
    [Fact]
    public async Task Systemd_hears_of_the_service_alone_that_it_is_ready_and_that_it_stops()
    {
        using var folder = new TempFolder().Passable();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        // PostgreSQL, which runs as another user here, could send as well.
        File.SetUnixFileMode(folder["notify"], (UnixFileMode)0b110_110_110);

        await using (var service = await ServiceProcess.StartAsync(
            environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder["notify"] }))
        {
            Assert.Equal("READY=1", await NextAsync());
            Assert.Equal(0, await service.StopAsync());
        }

        Assert.Equal("STOPPING=1", await NextAsync());
        Assert.Equal(0, systemd.Available);

        async Task<string> NextAsync()
        {
            var buffer = new byte[256];
            using var deadline = new CancellationTokenSource(Eventually.Limit);
            return Encoding.ASCII.GetString(buffer, 0, await systemd.ReceiveAsync(buffer, SocketFlags.None, deadline.Token));
        }
    }
}
