using System.Net;
using ChunkUpload.Api.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Clients that ask without a key and do not read: what they hold is bounded, and everybody else is served.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SlowReaderTests(PostgresFixture postgres)
{
    private const int Clients = 500;
    private const long MostMemory = 96 << 20;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/swagger/swagger-ui-bundle.js")]
    [InlineData("/api/files")]
    public async Task Answers_that_nobody_reads_on_http1_hold_little_and_stop_nobody(string path)
    {
        await using var service = await StartAsync();
        await WarmAsync(service);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var connections = new List<RawConnection>();
        try
        {
            for (var i = 0; i < Clients; i++)
            {
                connections.Add(await RawConnection.OpenAsync(service.Address));
                await connections[^1].SendAsync($"GET {path} HTTP/1.1\r\nHost: {service.Address.Authority}\r\n\r\n");
            }

            await AssertServedAsync(service, before);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    [Theory]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/swagger/swagger-ui-bundle.js")]
    [InlineData("/api/files")]
    public async Task Answers_that_nobody_reads_on_http2_hold_little_and_stop_nobody(string path)
    {
        await using var service = await StartAsync();
        await WarmAsync(service);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var http2 = new Uri(service.Addresses.Single(url => url != service.Address.ToString().TrimEnd('/')));
        var connections = new List<RawHttp2>();
        try
        {
            for (var i = 0; i < Clients / 100; i++)
            {
                connections.Add(await RawHttp2.OpenAsync(http2, "no-key", window: 0));
                for (var stream = 0; stream < 100; stream++)
                    _ = await connections[^1].RequestAsync("GET", path, ends: true);
            }

            await AssertServedAsync(service, before);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private Task<TestService> StartAsync() => TestService.StartAsync(postgres, new Dictionary<string, string>
    {
        ["Host:Http2Urls"] = "http://127.0.0.1:0",
    });

    private static async Task WarmAsync(TestService service)
    {
        using var client = service.CreateClient(withKey: false);
        using var contract = await client.GetAsync(new Uri("/swagger/v1/swagger.json", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, contract.StatusCode);
    }

    private static async Task AssertServedAsync(TestService service, long before)
    {
        // Those who ask in the meantime are served, with a key and without.
        using var stranger = service.CreateClient(withKey: false);
        for (var i = 0; i < 5; i++)
        {
            using var live = await stranger.GetAsync(new Uri("/health/live", UriKind.Relative)).WaitAsync(Soon);
            Assert.Equal(HttpStatusCode.OK, live.StatusCode);
            using var files = await service.Client.GetAsync(new Uri("/api/files", UriKind.Relative)).WaitAsync(Soon);
            Assert.Equal(HttpStatusCode.OK, files.StatusCode);
        }

        Assert.InRange(service.Services.GetRequiredService<AnonymousRequests>().Count, 0, AnonymousRequests.Most);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostMemory);
    }
}
