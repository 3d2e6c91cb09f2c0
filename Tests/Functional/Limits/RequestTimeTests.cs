using System.Net;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>A statement of a request that takes too long is stopped, and the client is told.</summary>
public sealed class RequestTimeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Returns_503_with_Retry_After_when_the_database_needs_too_long()
    {
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Database:RequestTimeout"] = "00:00:00.5" });
        using var client = service.CreateClient();
        await using var ledger = new NpgsqlConnection(service.ConnectionString);
        await ledger.OpenAsync();
        await using (await ledger.BeginTransactionAsync())
        {
            await ledger.ExecuteAsync("lock table chunkupload.connections in access exclusive mode");
            using var refused = await client.GetAsync("/api/connections");
            Assert.NotNull(refused.Headers.RetryAfter);
            await ApiClient.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "overloaded");
        }

        using var answered = await client.GetAsync("/api/connections");
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }
}
