using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class MalformedRequestTests(BodyReadingService reader) : IClassFixture<BodyReadingService>
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\nConnection: close\r\n\r\n", 400)] // a bare line feed
    [InlineData("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400)] // no Host
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\nhello", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 000000000000000000005\r\n\r\nhello", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", 400)]
    [InlineData("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", 400)]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400)]
    public async Task Answers_a_malformed_request_with_4xx(string request, int status)
    {
        var answer = await RawConnection.AnswerAsync(reader.Service.Address,
            request.Replace("Host: a\r\n", $"Host: a\r\nAuthorization: Bearer {reader.Service.Key}\r\n", StringComparison.Ordinal));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(reader.Service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_second_request_hides_in_the_body_of_one()
    {
        var number = 0;
        foreach (var vector in SmugglingVectors.All("a", reader.Service.Key))
        {
            using var connection = await RawConnection.OpenAsync(reader.Service.Address);
            // A connection that continues after the vector answers the next request as its last.
            await connection.SendAsync($"{vector}GET /next/{++number} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            var answers = await connection.ReadToEndAsync();
            Assert.True(answers.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"{vector}\n\n{answers}");
            Assert.False(reader.Seen.ContainsKey(SmugglingVectors.Hidden), $"{vector}\n\n{answers}");
        }

        Assert.True(number > 130, $"{number}");
        Assert.DoesNotContain(reader.Service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [ProxyTheory]
    [InlineData(ReverseProxy.Nginx)]
    [InlineData(ReverseProxy.Haproxy)]
    public async Task Behind_a_proxy_no_bytes_of_one_client_become_a_part_of_what_another_one_sends_or_gets(string name)
    {
        using var certificate = new TestCertificate();
        // The proxy itself never sends what is hidden on; all clients share its connections to the service.
        await using var proxy = await ReverseProxy.StartAsync(name, reader.Service, certificate, text => text
            .Replace(
                "location / {", $"location {SmugglingVectors.Hidden} {{ return 403; }}\n    location / {{", StringComparison.Ordinal)
            .Replace(
                "default_backend", $"http-request deny if {{ path {SmugglingVectors.Hidden} }}\n    default_backend",
                StringComparison.Ordinal)
            .Replace("server service ", "http-reuse always\n    server service ", StringComparison.Ordinal));
        using var victim = certificate.CreateClient(proxy.Address, reader.Service.Key, HttpVersion.Version11);
        var vectors = SmugglingVectors.All("files.example.org", reader.Service.Key).Concat(
        [
            $"GET http://a{SmugglingVectors.Hidden} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {reader.Service.Key}\r\n\r\n",
            // The body never arrives, or only its beginning.
            Post("Expect: 100-continue\r\nContent-Length: 1000"), Post("Content-Length: 1000") + "GET /hidden HTTP/1.1\r\nX: ",
            Post("Transfer-Encoding: chunked") + "400\r\nGET /hidden HTTP/1.1\r\nX: ",
        ]);
        var number = 0;
        foreach (var vector in vectors)
        {
            await AttackAsync(proxy.Address, certificate, vector);
            var path = $"/victim/{name}/{++number}";
            using var content = new StringContent($"body {number}");
            using var answer = await victim.PostAsync(path, content);
            Assert.True(answer.Headers.TryGetValues("X-Seen", out var seen) && seen.Single() == path, $"{vector}\n\n{answer}");
            Assert.Equal($"body {number}", reader.Seen[path]);
            Assert.False(reader.Seen.ContainsKey(SmugglingVectors.Hidden), vector);
        }

        Assert.True(number > 130, $"{number}");

        string Post(string headers) =>
            $"POST /attack HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {reader.Service.Key}\r\n{headers}\r\n\r\n";
    }

    /// <summary>Sends it, and disconnects after the first answer, or without one where the proxy waits for more.</summary>
    private static async Task AttackAsync(Uri proxy, TestCertificate certificate, string vector)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Host, proxy.Port);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(certificate.Options(SslApplicationProtocol.Http11));
        await tls.WriteAsync(Encoding.Latin1.GetBytes(vector));
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        try
        {
            _ = await tls.ReadAsync(new byte[4096], enough.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It was cut, or has no answer yet.
        }
    }

    [Theory]
    // A path of 4,096 bytes may be percent-encoded, and a query follows it.
    [InlineData(30_000, "404")]
    [InlineData(40_000, "414")]
    public async Task Answers_a_request_line_that_is_too_long_with_414(int length, string status)
    {
        var answer = await RawConnection.AnswerAsync(
            reader.Service.Address, $"GET /{new string('a', length)} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + $"{reader.Service.Key}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }
}

/// <summary>One service for all cases; after its own endpoints, a handler reads every body.</summary>
public sealed class BodyReadingService : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    internal TestService Service { get; private set; } = null!;

    /// <summary>The bodies that came, by their paths.</summary>
    public ConcurrentDictionary<string, string> Seen { get; } = new(StringComparer.Ordinal);

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Service = await TestService.StartAsync(_postgres, replace: TestEndpoint.With(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            Seen[context.Request.Path] = await body.ReadToEndAsync();
            context.Response.Headers["X-Seen"] = context.Request.Path.Value;
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }));
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
