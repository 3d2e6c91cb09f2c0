using System.Net;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class RequestTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Echoes_a_harmless_request_id()
    {
        await using var service = await TestService.StartAsync(postgres);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("X-Request-ID", "Abc-1.2_3");
        using var answer = await service.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("Abc-1.2_3", Assert.Single(answer.Headers.GetValues("X-Request-ID")));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("<script>")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task Replaces_a_request_id_that_is_not(string given)
    {
        await using var service = await TestService.StartAsync(postgres);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("X-Request-ID", given);
        using var answer = await service.Client.SendAsync(request);

        Assert.Matches("^[0-9a-f]{24}$", Assert.Single(answer.Headers.GetValues("X-Request-ID")));
    }

    [Fact]
    public async Task Logs_one_line_without_the_query()
    {
        await using var service = await TestService.StartAsync(postgres);
        using var answer = await service.Client.GetAsync(new Uri("/nothing?token=hush", UriKind.Relative));
        await service.StopAsync();

        Assert.Single(service.Log.All, line => line.Contains("GET (no route) 404", StringComparison.Ordinal)
            || line.Contains("GET (no route) 401", StringComparison.Ordinal));
        Assert.DoesNotContain(service.Log.All, line => line.Contains("hush", StringComparison.Ordinal));
    }
}
