using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Proxies;

/// <summary>The configurations of docs/ with a real nginx and a real HAProxy.</summary>
public sealed class ReverseProxyTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private static readonly byte[] Bytes = TusClient.Bytes(12_000_000);

    [ProxyTheory]
    [InlineData(ReverseProxy.Nginx, 1)]
    [InlineData(ReverseProxy.Nginx, 2)]
    [InlineData(ReverseProxy.Haproxy, 1)]
    [InlineData(ReverseProxy.Haproxy, 2)]
    public async Task Tus_goes_through_whole_and_with_the_clients_address(string name, int version)
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        await using var proxy = await ReverseProxy.StartAsync(name, tus.Service, certificate);
        using var http =
            certificate.CreateClient(proxy.Address, tus.Service.Key, version == 1 ? HttpVersion.Version11 : HttpVersion.Version20);
        var client = new TusClient(http);
        // The proxy replaces forwarding headers that the client sends itself.
        var created = await client.CreateAsync(
            ("Upload-Length", $"{Bytes.Length}"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"),
                ("X-Forwarded-Prefix", "/evil"),
            ("Forwarded", "host=evil.example"));
        Assert.StartsWith($"{proxy.Address}files/", created["Location"], StringComparison.Ordinal);
        Assert.Equal(204, (await client.PatchAsync(created.Path, 0, Bytes[..5_000_000])).Status);
        Assert.Equal(409, (await client.PatchAsync(created.Path, 1, Bytes)).Status);
        var last = await client.PatchAsync(created.Path, 5_000_000, Bytes[5_000_000..],
            ("Upload-Checksum", "sha256 " + Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Bytes.AsSpan(5_000_000)))));
        Assert.Equal((204, Bytes.Length), (last.Status, last.Offset));
        Assert.Equal(Bytes, await client.DownloadAsync(created.Path));

        // More headers than these proxies accept by default, and a method override in a POST.
        var part = await client.CreateAsync(("Upload-Concat", "partial"), ("Upload-Length", "0"));
        var parts = string.Join(' ', Enumerable.Repeat(part.Path, 500));
        Assert.Equal(201, (await client.CreateAsync(("Upload-Concat", $"final;{parts}"))).Status);
        Assert.Equal(204, (await client.TusAsync(HttpMethod.Post, created.Path, null, ("X-HTTP-Method-Override", "DELETE"))).Status);
    }

    [ProxyTheory]
    [InlineData(ReverseProxy.Nginx)]
    [InlineData(ReverseProxy.Haproxy)]
    public async Task Bytes_before_a_broken_connection_are_kept(string name)
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        await using var proxy = await ReverseProxy.StartAsync(name, tus.Service, certificate);
        var path = await tus.Client.NewAsync(Bytes.Length);
        var written = tus.Hooks.WrittenAsync(300_000);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(proxy.Address.Host, proxy.Address.Port);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(certificate.Options(SslApplicationProtocol.Http11));
            await tls.WriteAsync(Encoding.ASCII.GetBytes(
                $"PATCH {path} HTTP/1.1\r\nHost: files.example.org\r\nAuthorization: Bearer {tus.Service.Key}\r\nTus-Resumable: "
                    + $"1.0.0\r\nUpload-Offset: 0\r\n"
                + $"Content-Type: {TusClient.OffsetType}\r\nContent-Length: {Bytes.Length}\r\n\r\n"));
            await tls.WriteAsync(Bytes.AsMemory(0, 300_000));
            // The service receives them while the client still sends.
            await written;
        }

        Assert.Equal(300_000, (await tus.Client.HeadAsync(path)).Offset);
    }

    [ProxyTheory]
    [InlineData(ReverseProxy.Nginx, 1)]
    [InlineData(ReverseProxy.Nginx, 2)]
    [InlineData(ReverseProxy.Haproxy, 1)]
    [InlineData(ReverseProxy.Haproxy, 2)]
    public async Task Resumable_uploads_get_their_answer_and_no_interim_one(string name, int version)
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        await using var proxy = await ReverseProxy.StartAsync(name, tus.Service, certificate);
        using var http =
            certificate.CreateClient(proxy.Address, tus.Service.Key, version == 1 ? HttpVersion.Version11 : HttpVersion.Version20);
        var client = new TusClient(http);
        var whole = await client.SendAsync(
            HttpMethod.Put, "/uploads/a.bin", new ByteArrayContent(Bytes), ("Upload-Draft-Interop-Version", "6"),
                ("Upload-Complete", "?1"));
        Assert.Equal((201, Bytes.Length), (whole.Status, whole.Offset));
        Assert.StartsWith($"{proxy.Address}uploads/", whole["Location"], StringComparison.Ordinal);
        Assert.Equal(
            (204, Bytes.Length), ((await client.SendAsync(HttpMethod.Head, whole.Path, null)) is var head ? head.Status : 0, head.Offset));
    }

    [ProxyFact]
    public async Task Nginx_that_buffers_requests_works_too()
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        await using var proxy = await ReverseProxy.StartAsync(ReverseProxy.Nginx, tus.Service, certificate, site =>
            site.Replace("proxy_request_buffering off", "proxy_request_buffering on", StringComparison.Ordinal));
        using var http = certificate.CreateClient(proxy.Address, tus.Service.Key, HttpVersion.Version11);
        var client = new TusClient(http);
        var path = await client.NewAsync(Bytes.Length);
        Assert.Equal(204, (await client.PatchAsync(path, 0, Bytes)).Status);
        Assert.Equal(Bytes, await client.DownloadAsync(path));
    }
}
