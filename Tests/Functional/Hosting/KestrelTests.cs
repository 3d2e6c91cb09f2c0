using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class KestrelTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Gives_buffers_back_to_the_pool()
    {
        await using var service = await TestService.StartAsync(
            postgres, replace: TestEndpoint.With(
                async context => await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted)));
        var pool = service.Services.GetRequiredService<BufferPool>();
        using var body = new ByteArrayContent(new byte[512 * 1024]);
        using var answer = await service.Client.PutAsync(new Uri("/anything", UriKind.Relative), body);
        await service.StopAsync();

        Assert.InRange(pool.UnusedCount, 1, 1024);
    }

    [Fact]
    public async Task Answers_headers_that_are_too_large_with_431()
    {
        await using var service =
            await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Host:RequestHeadersSize"] = "8KiB" });
        var answer = await RawConnection.AnswerAsync(
            service.Address, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('a', 9000)}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "application/json", 240.0)]
    [InlineData("POST", "application/offset+octet-stream", 32.0)]
    [InlineData("PUT", "application/json", 32.0)]
    public async Task Requires_a_minimum_rate_of_bodies_and_a_higher_one_of_small_bodies(
        string method, string contentType, double? bytesPerSecond)
    {
        MinDataRate? rate = null;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(context =>
        {
            rate = context.Features.Get<IHttpMinRequestBodyDataRateFeature>()!.MinDataRate;
            return Task.CompletedTask;
        }));
        using var request = new HttpRequestMessage(new HttpMethod(method), "/anything") { Content = new ByteArrayContent([1]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var answer = await service.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(bytesPerSecond, rate?.BytesPerSecond);
    }

    [Fact]
    public async Task Takes_bodies_of_any_size()
    {
        long? most = -1;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(context =>
        {
            most = context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize;
            return Task.CompletedTask;
        }));
        using var answer = await service.Client.PutAsync(new Uri("/anything", UriKind.Relative), new ByteArrayContent([1]));
        Assert.Equal((HttpStatusCode.OK, null), (answer.StatusCode, most));
    }

    [Fact]
    public async Task Does_not_name_its_server()
    {
        await using var service = await TestService.StartAsync(postgres);
        using var answer = await service.Client.GetAsync(new Uri("/nothing", UriKind.Relative));
        Assert.False(answer.Headers.Contains("Server"));
    }
}
