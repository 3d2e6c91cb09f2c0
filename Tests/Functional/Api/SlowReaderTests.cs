using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>
/// Clients without a key that do not read: the service bounds their memory and serves all others. The service is a process, so that its
/// resident memory is measured without the tests that run beside this one.
/// </summary>
public sealed partial class SlowReaderTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Clients = 500;
    private const long MostMemory = 96 << 20;

    [Theory]
    [InlineData("/swagger/v1/swagger.json")]
    [ReleaseData("/swagger/swagger-ui-bundle.js")]
    [ReleaseData("/api/files")]
    public async Task Unread_answers_on_http1_hold_little_memory_and_delay_no_other_client(string path)
    {
        await using var service = await StartAsync();
        await WarmAsync(service);
        var before = MemoryOf(service);
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
    [ReleaseData("/swagger/v1/swagger.json")]
    [ReleaseData("/swagger/swagger-ui-bundle.js")]
    [InlineData("/api/files")]
    public async Task Unread_answers_on_http2_hold_little_memory_and_delay_no_other_client(string path)
    {
        await using var service = await StartAsync();
        await WarmAsync(service);
        var before = MemoryOf(service);
        await service.WaitForLineAsync("listens on");
        var http2 = new Uri(ListensOn().Match(service.Output).Groups["http2"].Value);
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

    private async Task<ServiceProcess> StartAsync() => await ServiceProcess.StartAsync(arguments:
    [
        "--Host:Http2Urls=http://127.0.0.1:0",
        $"--Host:Transport={TestService.Transport}",
        $"--ConnectionStrings:Ledger={await postgres.CreateDatabaseAsync()}",
    ]);

    // The first requests load code, which stays in memory.
    private static async Task WarmAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        foreach (var path in (
            string[])["/swagger/v1/swagger.json", "/swagger/swagger-ui-bundle.js", "/health/live", "/api/files", "/metrics"])
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    private static async Task AssertServedAsync(ServiceProcess service, long before)
    {
        // Other clients are served meanwhile, with and without a key.
        using var anonymous = service.CreateClient(withKey: false);
        using var operators = service.CreateClient();
        for (var i = 0; i < 5; i++)
        {
            using var live = await anonymous.GetAsync(new Uri("/health/live", UriKind.Relative)).WaitAsync(Eventually.Limit);
            Assert.Equal(HttpStatusCode.OK, live.StatusCode);
            using var files = await operators.GetAsync(new Uri("/api/files", UriKind.Relative)).WaitAsync(Eventually.Limit);
            Assert.Equal(HttpStatusCode.OK, files.StatusCode);
        }

        // The request for the metrics is one of the running requests. Those that were aborted end within a moment.
        await Eventually.HoldsAsync(async () =>
        {
            var metrics = await operators.GetStringAsync(new Uri("/metrics", UriKind.Relative)).WaitAsync(Eventually.Limit);
            return int.Parse(Running().Match(metrics).Groups["count"].Value, CultureInfo.InvariantCulture) <= AnonymousRequests.Most + 1;
        });
        Assert.InRange(MemoryOf(service) - before, long.MinValue, MostMemory);
    }

    /// <summary>The resident memory of the process in bytes.</summary>
    private static long MemoryOf(ServiceProcess service) => 1024 * long.Parse(
        ResidentMemory().Match(File.ReadAllText($"/proc/{service.ProcessId}/status")).Groups["kilobytes"].Value,
        CultureInfo.InvariantCulture);

    [GeneratedRegex(@"listens on +http://[^,]+, (?<http2>http://\S+)")]
    private static partial Regex ListensOn();

    [GeneratedRegex(@"^chunkupload_requests_running\S* (?<count>\d+)$", RegexOptions.Multiline)]
    private static partial Regex Running();

    [GeneratedRegex(@"^VmRSS:\s+(?<kilobytes>\d+) kB$", RegexOptions.Multiline)]
    private static partial Regex ResidentMemory();
}
