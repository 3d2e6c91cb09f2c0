using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Resumable.Interim;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>104 responses on the wire: which clients get them, when, and with which fields.</summary>
public sealed class InterimTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    [Fact]
    public async Task The_first_interim_response_has_version_address_and_limits_only()
    {
        var answer = await uploads.SendAsync(8, "PUT /uploads", HelloWorld, "Upload-Complete: ?1");
        var interim = Assert.Single(answer.Interim);
        Assert.Equal(
            $"HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: 8\r\nLocation: "
                + $"{interim["Location"]}\r\nUpload-Limit: {interim["Upload-Limit"]}\r\n\r\n",
            interim.Head);
        Assert.StartsWith($"http://{uploads.Service.Address.Authority}/uploads/", interim["Location"], StringComparison.Ordinal);
        Assert.Contains("max-size=1099511627776", interim["Upload-Limit"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(9)]
    public async Task Progress_responses_carry_rising_offsets_and_no_address(int version)
    {
        var bytes = Bytes(400_000);
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync("POST /uploads", [.. Version(version), "Upload-Complete: ?1", $"Content-Length: {bytes.Length}"]);
        var path = (await wire.NextAsync()).Path;
        await wire.SendAsync(bytes.AsMemory(0, 200_000));
        var first = await wire.DurableAsync(65536);
        await wire.SendAsync(bytes.AsMemory(200_000));
        var answer = await wire.AnswerAsync();

        long told = 0;
        foreach (var interim in answer.Resumption.Prepend(first))
        {
            Assert.Null(interim["Location"]);
            Assert.Equal($"{version}", interim["Upload-Draft-Interop-Version"]);
            Assert.True(interim.Offset > told);
            told = interim.Offset!.Value;
        }

        Assert.Equal(201, answer.Final.Status);
        Assert.Equal(bytes, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_oldest_versions_are_told_the_address_alone(int version)
    {
        var bytes = Bytes(400_000);
        var answer = await uploads.SendAsync(version, "POST /uploads", bytes, State(version, complete: true));
        Assert.Single(answer.Interim);
        Assert.Equal(201, answer.Final.Status);
    }

    [Fact]
    public async Task An_append_reports_its_progress_and_no_offset_is_taken_back()
    {
        var bytes = Bytes(400_000);
        var path = await uploads.BeginAsync(8);
        long told;
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync($"PATCH {path}", "Upload-Draft-Interop-Version: 8", "Upload-Offset: 0", "Upload-Complete: ?1", Partial,
                $"Content-Length: {bytes.Length}");
            await wire.SendAsync(bytes.AsMemory(0, 100_000));
            var interim = await wire.DurableAsync(65536);
            Assert.Null(interim["Location"]);
            told = interim.Offset!.Value;
            await wire.BreakOffAsync();
        }

        var now = (await uploads.HeadAsync(8, path)).Offset!.Value;
        Assert.InRange(told, 1, now);
        // Including the bytes after the last checkpoint (R88).
        Assert.Equal(100_000, now);
        Assert.Equal(201, (await uploads.PatchAsync(8, path, now, complete: true, bytes[(int)now..])).Final.Status);
        Assert.Equal(bytes, await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task A_client_that_reads_nothing_gets_fewer_interim_responses_each_once_and_whole()
    {
        const int all = 5000;
        var told = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(uploads.Postgres, replace: TestEndpoint.With(async context =>
        {
            context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.SendBufferSize = 4096;
            var interim = InterimResponses.To(
                context, Dialect.Of(9)!, new ResumableOptions { ProgressInterval = TimeSpan.Zero }, TimeProvider.System);
            for (var offset = 1; offset <= all; offset++)
                await interim.Progress!(offset);
            told.SetResult();
            await context.Response.WriteAsync("done");
        }));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(service.Address.Host, service.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /anything HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\nConnection: close\r\n\r\n"));
        await told.Task.WaitAsync(Eventually.Limit);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var messages = (await reader.ReadToEndAsync().WaitAsync(Eventually.Limit)).Split("\r\n\r\n");

        long last = 0;
        var count = 0;
        for (; messages[count].StartsWith("HTTP/1.1 104 ", StringComparison.Ordinal); count++)
        {
            var offset = long.Parse(messages[count].Split("Upload-Offset: ")[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(
                $"HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: 9\r\nUpload-Offset: {offset}", messages[count]);
            Assert.True(offset > last);
            last = offset;
        }

        Assert.InRange(count, 1, all - 1);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", messages[count], StringComparison.Ordinal);
        Assert.Contains("done", string.Concat(messages.Skip(count + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_proxy_is_sent_an_interim_response()
    {
        foreach (var field in new[] { "Via: 1.1 proxy", "Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.1",
            "X-Forwarded-Proto: https", "X-Real-IP: 192.0.2.1" })
        {
            var answer = await uploads.SendAsync(9, "POST /uploads", HelloWorld, "Upload-Complete: ?1", field);
            Assert.Empty(answer.Interim);
            Assert.Equal((201, "9"), (answer.Final.Status, answer.Final["Upload-Draft-Interop-Version"]));
        }
    }

    [Fact]
    public async Task Http_1_0_client_gets_no_interim_response()
    {
        var service = uploads.Service;
        var answer = await RawConnection.AnswerAsync(
            service.Address,
            $"POST /uploads HTTP/1.0\r\nHost: {service.Address.Authority}\r\nAuthorization: Bearer "
                + $"{service.Key}\r\nUpload-Draft-Interop-Version: 9\r\nUpload-Complete: ?1\r\nContent-Length: 5\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ordinary_upload_gets_no_fields_of_the_protocol()
    {
        var answer = await uploads.SendAsync(9, "POST /uploads", HelloWorld);
        Assert.Empty(answer.Interim);
        Assert.Equal(201, answer.Final.Status);
        Assert.DoesNotContain(answer.Final.Headers.Keys, name => name.StartsWith("Upload-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Settings_switch_interim_responses_on_and_off()
    {
        var settings = new Dictionary<string, string>(Settings) { ["Resumable:InterimResponses"] = "Always" };
        await using var open = await TestService.StartAsync(uploads.Postgres, settings);
        var unnamed = await UploadWire.SendAsync(open, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Via: 1.1 proxy");
        Assert.Empty(unnamed.Interim);
        var named = await UploadWire.SendAsync(
            open, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Upload-Draft-Interop-Version: 9", "Via: 1.1 proxy");
        Assert.NotEmpty(named.Interim);

        await using var never = await open.RestartAsync(new Dictionary<string, string> { ["Resumable:InterimResponses"] = "Never" });
        Assert.Empty((await UploadWire.SendAsync(
            never, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Upload-Draft-Interop-Version: 9")).Interim);
    }

    [Fact]
    public async Task An_HTTP_1_1_listener_sends_interim_responses_inside_TLS()
    {
        using var folder = new TempFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=uploads.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var (certificateFile, keyFile) = (Path.Combine(folder.Path, "certificate.pem"), Path.Combine(folder.Path, "key.pem"));
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        await using var service = await TestService.StartAsync(uploads.Postgres, new Dictionary<string, string>
        {
            ["Host:Http1Urls"] = "https://127.0.0.1:0",
            ["Host:CertificateFile"] = certificateFile,
            ["Host:CertificateKeyFile"] = keyFile,
        });
        var address = new Uri(service.Addresses.Single(url => url.StartsWith("https", StringComparison.Ordinal)));

        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "uploads.example",
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == certificate.GetCertHashString(),
        });
        Assert.Equal(SslApplicationProtocol.Http11, tls.NegotiatedApplicationProtocol);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /uploads HTTP/1.1\r\nHost: uploads.example\r\nAuthorization: Bearer {service.Key}\r\nUpload-Draft-Interop-Version: "
                + $"8\r\nUpload-Complete: ?1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
        using var reader = new StreamReader(tls, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: 8\r\nLocation: "
            + "https://uploads.example/uploads/", answer, StringComparison.Ordinal);
        Assert.Contains("\r\n\r\nHTTP/1.1 201 Created\r\n", answer, StringComparison.Ordinal);
    }
}
