using ChunkUpload.Tests.Functional.Api;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>The cost of a batch does not depend on how many files are below the same deep folder.</summary>
[Collection(DeviceCollection.Name)]
public sealed class CatalogueCostTests(ApiFixture fixture)
{
    private const int Batch = 50;

    private static string Deep { get; } = "/line-14/" + string.Join('/', Enumerable.Repeat(new string('d', 60), 20));

    [Fact]
    public async Task Batch_of_deep_paths_reads_no_rows_of_other_paths_with_the_same_beginning()
    {
        var mara = await StartAsync(fixture.Service, "Mara");
        var project = await mara.ProjectAsync("Deep");
        await mara.ServeAsync(project, "/line-14");
        await mara.TellAsync(project, [.. Enumerable.Range(0, 400).Select(number => Upsert($"{Deep}/old-{number}"))]);
        var paths = Enumerable.Range(0, Batch).Select(number => $"{Deep}/new-{number}").ToArray();

        await using var ledger = new NpgsqlConnection(fixture.Service.ConnectionString);
        await ledger.OpenAsync();
        await ledger.ExecuteAsync("analyze chunkupload.remote_files");
        await using var transaction = await ledger.BeginTransactionAsync();
        await ledger.ExecuteAsync("set local search_path = chunkupload, chunkupload_functions; set local enable_seqscan = off");
        var sequence = await ledger.ExecuteScalarAsync<long>(
            "select sequence from served_folders where project_id = @project", new { project });
        var answer = await ledger.ExecuteScalarAsync<string>(
            """
            select update_remote_files(
                @project, @folder, @device, 'test', @sequence, gen_random_uuid(), null, false, 1000000, '{}'::text[], @paths,
                array_fill(1::bigint, array[cardinality(@paths)]), array_fill(null::bytea, array[cardinality(@paths)]),
                array_fill('a/b'::text, array[cardinality(@paths)]), array_fill(now(), array[cardinality(@paths)]),
                array_fill(420, array[cardinality(@paths)]))::text
            """,
            new { project, folder = mara.Folder, device = mara.Device, sequence, paths });
        Assert.Contains($"\"accepted\": {Batch}", answer, StringComparison.Ordinal);
        var read = await ledger.ExecuteScalarAsync<long>(
            "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = 'remote_files'");
        Assert.InRange(read, 0, 10 * Batch);
    }

    [Fact]
    public async Task Deep_paths_that_are_a_file_and_a_folder_are_refused()
    {
        var mara = await StartAsync(fixture.Service, "Mara");
        var project = await mara.ProjectAsync("Deep");
        await mara.ServeAsync(project, "/line-14");
        await mara.TellAsync(project, [Upsert($"{Deep}/file"), Upsert($"{Deep}/folder/inner"), Upsert($"{Deep}/folder-2")]);
        var answer = await mara.TellAsync(
            project, [Upsert($"{Deep}/file/below"), Upsert($"{Deep}/folder"), Upsert($"{Deep}/file-2"), Upsert($"{Deep}/fold")]);
        Assert.Equal(
            [($"{Deep}/file/below", "path_conflict"), ($"{Deep}/folder", "path_conflict")],
            answer.GetProperty("rejected").EnumerateArray()
                .Select(one => (one.GetProperty("path").GetString()!, one.GetProperty("code").GetString()!)).Order());
        Assert.Equal(
            [$"{Deep}/file", $"{Deep}/file-2", $"{Deep}/fold", $"{Deep}/folder-2", $"{Deep}/folder/inner"],
            await mara.PathsAsync(project));
    }
}
