using System.Net;
using ChunkUpload.Api.Limits;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Files;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>Long pages that are being sent and not read.</summary>
public sealed class LongPageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [InlineData("?limit=1000")]
    [InlineData("?limit=1000&recursive=true")]
    [InlineData("?limit=1000&search=link")]
    public async Task A_page_that_finds_no_room_is_refused_until_others_were_sent(string query)
    {
        var tree = new TreeClient(_service, "pages");
        var folder = await tree.FolderAsync("many");
        await using (var ledger = new NpgsqlConnection(_service.ConnectionString))
        {
            await ledger.ExecuteAsync(
                """
                insert into chunkupload.entries (id, space, parent, name, kind, modified_ns, link_target, owner)
                select gen_random_uuid(), e.space, e.id, 'link ' || n, 'link', 0, 'target', 'test'
                from chunkupload.entries e, generate_series(1, 500) n where e.id = @id
                """,
                new { id = Guid.Parse(folder.GetProperty("id").GetString()!) });
        }

        var work = (PagesInWork)_service.Services.GetRequiredService<ILongAnswers>();
        using (work.TryTake("default operator", "default", PagesInWork.MostOfCaller))
        {
            using var refused = await tree.SendAsync(HttpMethod.Get, "many", query);
            Assert.NotNull(refused.Headers.RetryAfter);
            await ApiClient.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "overloaded");
            // A short page is sent anyway.
            using var few = await tree.SendAsync(HttpMethod.Get, "many", query.Replace("1000", "5", StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.OK, few.StatusCode);
        }

        // The room of an answer is given back with its end: what is left here is enough for a few of them.
        using (work.TryTake("default operator", "default", PagesInWork.MostOfCaller - (1 << 20)))
        {
            long sent = 0;
            while (sent < 3 << 20)
            {
                using var page = await tree.SendAsync(HttpMethod.Get, "many", query);
                Assert.Equal(HttpStatusCode.OK, page.StatusCode);
                sent += (await page.Content.ReadAsByteArrayAsync()).Length;
            }
        }
    }

    [Fact]
    public async Task Streamed_responses_that_find_no_room_are_refused_until_others_were_sent()
    {
        var tree = new TreeClient(_service, "streams");
        var folder = await tree.FolderAsync("many");
        await using (var ledger = new NpgsqlConnection(_service.ConnectionString))
        {
            await ledger.ExecuteAsync(
                """
                insert into chunkupload.entries (id, space, parent, name, kind, modified_ns, owner)
                select gen_random_uuid(), e.space, e.id, 'folder ' || n, 'folder', 0, 'test'
                from chunkupload.entries e, generate_series(1, 2500) n where e.id = @id
                """,
                new { id = Guid.Parse(folder.GetProperty("id").GetString()!) });
        }

        var work = (PagesInWork)_service.Services.GetRequiredService<ILongAnswers>();
        using (work.TryTake("default operator", "default", PagesInWork.MostOfCaller))
        {
            await ApiClient.ProblemAsync(
                await _service.Client.GetAsync(new Uri("/api/audit?format=csv", UriKind.Relative)), HttpStatusCode.ServiceUnavailable,
                "overloaded");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await FindAsync()).StatusCode);
        }

        Assert.Equal(HttpStatusCode.MultiStatus, (await FindAsync()).StatusCode);

        async Task<HttpResponseMessage> FindAsync()
        {
            using var request = new HttpRequestMessage(
                new HttpMethod("PROPFIND"), new Uri($"/dav/shared/{tree.Root}/many/", UriKind.Relative));
            request.Headers.Add("Depth", "1");
            return await _service.Client.SendAsync(request);
        }
    }
}
