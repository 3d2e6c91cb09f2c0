using System.Net;
using System.Text.Json;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Tests.Functional.Files;
using ChunkUpload.Tests.Functional.Projects;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>A page of a list ends at 1 MiB or at its number of rows, whichever comes first, and the next page continues there.</summary>
public sealed class ListWeightTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>The fields of an answer besides its items.</summary>
    private const int Rest = 64 << 10;

    private const int Rows = 150;

    /// <summary>About 24 KB in UTF-8.</summary>
    private static readonly string Long = new('€', 8_000);

    /// <summary>About 3.9 KB in UTF-8, the longest target of a link.</summary>
    private static readonly string Target = new('€', 1_300);

    private static string Document => Path.Combine(Repository.Root, "docs", "design", "bounds.md");

    [Fact]
    public async Task Every_list_with_a_cursor_ends_its_pages_by_weight_and_each_other_list_is_documented()
    {
        await using var service = await TestService.StartAsync(postgres);
        var document = await File.ReadAllTextAsync(Document);
        var lists = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(one => one.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(one => one.Metadata.GetMetadata<EndpointDoc>()).OfType<EndpointDoc>().DistinctBy(doc => doc.Name)
            .Where(doc => doc.Answers.Any(answer => answer.Status == 200 && IsList(answer.Type))).ToList();
        Assert.True(lists.Count > 40, $"{lists.Count}");
        var whole = lists.Where(doc => !doc.Query.Any(one => one.Name is "cursor" or "since")).Select(doc => doc.Name);
        Assert.Equal([], whole.Where(name => !document.Contains($"`{name}`", StringComparison.Ordinal)));

        // The description of the parameter comes from the type that cuts the pages.
        var paged = lists.Where(doc => doc.Query.Any(one => one.Name == "cursor" && doc.Query.Any(other => other.Name == "limit")));
        Assert.Equal([], paged.Where(doc => !doc.Query.Any(one => one.Description.Contains("1 MiB", StringComparison.Ordinal))
            && !document.Contains($"`{doc.Name}`", StringComparison.Ordinal)).Select(doc => doc.Name));
    }

    [Fact]
    public async Task Lists_of_the_largest_rows_are_read_whole_in_pages_of_one_MiB()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "big");
        await tree.PutAsync("a.txt", "a");
        using (var unfiled = await service.Client.PutAsync(new Uri("/api/files/a.txt", UriKind.Relative), new ByteArrayContent([1])))
            Assert.Equal(HttpStatusCode.Created, unfiled.StatusCode);
        var folder = await tree.FolderAsync("many");
        var id = Guid.Parse(folder.GetProperty("id").GetString()!);
        await using var ledger = new NpgsqlConnection(service.ConnectionString);
        await ledger.OpenAsync();
        var space = await ledger.ExecuteScalarAsync<Guid>("select space from chunkupload.entries where id = @Id", new { Id = id });
        await ledger.ExecuteAsync(
            """
            set search_path = chunkupload;
            insert into uploads select r.* from uploads u, generate_series(1, @Rows) n, jsonb_populate_record(u, jsonb_build_object(
                'id', gen_random_uuid(), 'metadata', jsonb_build_object('note', @Long, 'number', n::text))) r
            where u.id = (select id from uploads where state = 'completed' and target_space is null limit 1);
            insert into entries (id, space, parent, name, kind, modified_ns, link_target, owner)
            select gen_random_uuid(), @Space, @Id, 'link ' || n, 'link', 0, @Target, 'test' from generate_series(1, 600) n;
            insert into changes select r.* from changes c, generate_series(1, 600) n, jsonb_populate_record(c, jsonb_build_object(
                'number', c.number + n, 'link_target', @Target)) r
            where c.space = @Space and c.number = (select max(number) from changes where space = @Space);
            update spaces set sequence = sequence + 600 where id = @Space;
            insert into finished_uploads (upload_id, tenant, subject, protocol, state, file_name, received, began_at, ended_at, attempts,
                cuts, takeovers, saved, causes)
            select gen_random_uuid(), 'default', 'operator', 'put', 'completed', @Long, 1, now(), now(), 1, 0, 0, 0, '{}'
            from generate_series(1, @Rows);
            """,
            new { Rows, Long, Target, Id = id, Space = space });
        var client = service.Client;
        Assert.True(await ReadAsync(client, "/api/files?limit=200", "items", "cursor", "nextCursor") > Rows);
        foreach (var query in new[] { "limit=1000", "limit=1000&recursive=true" })
            Assert.Equal(600, await ReadAsync(client, $"/api/tree/{tree.Root}/many?{query}", "items", "cursor", "nextCursor"));
        Assert.True(await ReadAsync(client, "/api/changes?limit=1000", "items", "since", "cursor") > 600);
        Assert.True(await ReadAsync(client, "/api/history?limit=200", "items", "cursor", "nextCursor") >= Rows);

        var mara = await DeviceRig.StartAsync(service, "Mara");
        var project = await mara.ProjectAsync("Long");
        await mara.ServeAsync(project, "/a");
        var name = string.Join('/', Enumerable.Repeat(new string('x', 240), 8));
        await mara.TellAsync(project, [.. Enumerable.Range(0, 800).Select(number => DeviceRig.Upsert($"/a/{name}/{number}"))]);
        await ledger.ExecuteAsync(
            """
            insert into project_events select r.* from project_events e, generate_series(1, 300) n, jsonb_populate_record(
                e, jsonb_build_object('sequence', e.sequence + n)) r
            where e.project_id = @Project and e.sequence = (select max(sequence) from project_events where project_id = @Project);
            update projects set sequence = sequence + 300 where id = @Project;
            """,
            new { Project = project });
        var bytes = await ledger.ExecuteScalarAsync<long>(
            "select sum(octet_length(data::text)) from chunkupload_functions.project_events_after(@Project, 0, 500)",
            new { Project = project });
        Assert.InRange(bytes, 1 << 20, 2 << 20);
        Assert.Equal(800, await ReadAsync(
            mara.Client, $"/api/projects/{project}/files-paginated?limit=200", "files", "cursor", "next_cursor"));
        Assert.True(await ReadAsync(mara.Client, $"/api/projects/{project}/project_events", "events", "since", null) > 300);
    }

    /// <summary>Reads a list to its end, and returns the number of its items.</summary>
    /// <param name="next">The field with the position of the next page; <c>null</c> if it is the sequence of the last item.</param>
    private static async Task<int> ReadAsync(HttpClient client, string address, string items, string parameter, string? next)
    {
        var (count, pages, after) = (0, 0, "");
        while (true)
        {
            var join = address.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var at = after.Length == 0 ? address : $"{address}{join}{parameter}={after}";
            using var answer = await client.GetAsync(new Uri(at, UriKind.Relative));
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{address}: {(int)answer.StatusCode}");
            Assert.True(bytes.Length <= PageWeight.Most + Rest, $"{address}: {bytes.Length}");
            using var page = JsonDocument.Parse(bytes);
            var found = page.RootElement.GetProperty(items).GetArrayLength();
            (count, pages) = (count + found, pages + 1);
            var position = next is null
                ? found == 0 ? null : page.RootElement.GetProperty(items)[found - 1].GetProperty("sequence").GetRawText()
                : page.RootElement.GetProperty(next).GetString();
            if (position is null || found == 0)
                break;
            after = position;
        }

        Assert.True(pages > 1, $"{address}: {count} items on one page");
        return count;
    }

    private static bool IsList(Type? type) => type is not null && type != typeof(string) && type.GetProperties().Any(property =>
        property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
        && property.PropertyType.GetGenericArguments()[0].Namespace?.StartsWith("ChunkUpload", StringComparison.Ordinal) == true);
}
