using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>A request that waits for the transaction that publishes its upload finds the published upload afterwards (E26).</summary>
public sealed class CompletionRaceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("POST", "/complete", HttpStatusCode.OK)]
    [InlineData("DELETE", "", HttpStatusCode.Gone)]
    public async Task A_statement_that_waits_for_a_completion_sees_the_completed_upload(string method, string path, HttpStatusCode expected)
    {
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Uploads:FileDigest"] = "Asked" });
        var people = new TestPeople(service);
        using var member = await people.ClientAsync(await people.UserAsync("ann", Role.Member));
        using var created = await member.PostAsJsonAsync("/api/sessions", new { path = "a.bin", size = 1000 });
        var id = ApiClient.Id(await ApiClient.JsonAsync(created, HttpStatusCode.Created));
        var bytes = ApiClient.Bytes(1000);
        using (var chunk = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/0") { Content = new ByteArrayContent(bytes) })
        {
            chunk.Headers.Add("X-Chunk-SHA256", ApiClient.Hex(bytes));
            using var sent = await member.SendAsync(chunk);
            Assert.True(sent.IsSuccessStatusCode);
        }

        // Another request has completed it and not committed yet.
        await using var other = new NpgsqlConnection(service.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        Assert.Equal("ok", await other.ExecuteScalarAsync<string>("""
            set local search_path = chunkupload_functions, chunkupload;
            select b.outcome from uploads u
            cross join lateral begin_complete(
                (select max(id) from incarnations), u.tenant, u.subject, u.subject, u.id, u.size, null) b
            where u.id = @id::uuid
            """, new { id }));
        using var request = new HttpRequestMessage(new HttpMethod(method), ApiClient.At($"/api/sessions/{id}{path}"));
        var waiting = member.SendAsync(request);
        await using var watcher = new NpgsqlConnection(service.ConnectionString);
        await Eventually.HoldsAsync(() => watcher.ExecuteScalarAsync<bool>("""
            select exists (
                select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database())
            """));
        await transaction.CommitAsync();

        using var answer = await waiting;
        Assert.Equal(expected, answer.StatusCode);
    }
}
