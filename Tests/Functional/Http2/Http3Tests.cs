using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Http2;

/// <summary>HTTP/3 beside the service's own transport for TCP.</summary>
public sealed class Http3Tests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>A test that needs QUIC; skipped on machines without libmsquic.</summary>
    private sealed class QuicFactAttribute : FactAttribute
    {
        public QuicFactAttribute() => Skip = QuicListener.IsSupported ? null : "This machine has no libmsquic.";
    }

    [QuicFact]
    public async Task An_upload_goes_over_http3_and_answers_over_tls_tell_of_it()
    {
        using var certificate = new TestCertificate();
        var port = FreePort();
        await using var tus = await TusService.StartAsync(
            postgres,
            [("Host:Urls", "https://127.0.0.1:0"), ("Host:Http3Urls", $"https://127.0.0.1:{port}"), .. certificate.Settings]);
        var bytes = TusClient.Bytes(3_000_000);
        using var over3 = certificate.CreateClient(new Uri($"https://127.0.0.1:{port}"), tus.Service.Key, HttpVersion.Version30);
        var client = new TusClient(over3);
        var path = await client.NewAsync(bytes.Length);
        Assert.Equal(204, (await client.PatchAsync(path, 0, bytes[..1_000_000])).Status);
        Assert.Equal(204, (await client.PatchAsync(path, 1_000_000, bytes[1_000_000..])).Status);
        Assert.Equal(bytes, await client.DownloadAsync(path));
        using (var answer = await over3.GetAsync("/health/live"))
            Assert.False(answer.Headers.Contains("Alt-Svc"));

        var tls = tus.Service.Addresses.Select(url => new Uri(url)).First(url => url.Port != port);
        using var over1 = certificate.CreateClient(tls, tus.Service.Key, HttpVersion.Version11);
        using (var answer = await over1.GetAsync("/health/live"))
            Assert.Equal($"h3=\":{port}\"; ma=86400", Assert.Single(answer.Headers.GetValues("Alt-Svc")));
        Assert.Equal(bytes, await new TusClient(over1).DownloadAsync(path));
    }

    [Fact]
    public void Without_quic_a_start_is_refused_in_a_sentence_and_a_taken_port_too()
    {
        var port = FreePort();
        var options = new HostingOptions { Urls = [], Http3Urls = [$"https://127.0.0.1:{port}"] };
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
        var refused = Assert.Throws<StartRefusedException>(() => ListenAddresses.Check(options));
        Assert.Contains(
            QuicListener.IsSupported ? "in use by another program" : "install libmsquic", refused.Message, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }
}
