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

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Service = await TestService.StartAsync(_postgres, replace: TestEndpoint.With(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }));
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
