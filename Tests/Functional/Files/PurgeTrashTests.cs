using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Bytes are freed exactly when no version names their upload any more, a batch at a time.</summary>
public sealed class PurgeTrashTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private readonly PostgresFixture _postgres = postgres;

    [Fact]
    public async Task The_purge_frees_only_items_older_than_the_limit()
    {
        var rig = await StartAsync();
        var tree = new TestTree(rig);
        var replaced = await tree.PublishAsync("a", "one");
        var present = await tree.PublishAsync("a", "two");
        var removed = await tree.PublishAsync("f/b", "three");
        await tree.RemoveAsync("f");
        await rig.AgeAsync(TimeSpan.FromDays(6));
        var young = await tree.PublishAsync("c", "four");
        await tree.RemoveAsync("c");
        Assert.Equal((0, 0), await RunAsync(rig));

        await rig.AgeAsync(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        Assert.Equal((0, 2), await RunAsync(rig));

        foreach (var gone in new[] { replaced, removed })
            Assert.Equal(UploadState.Deleted, (await rig.Ledger.GetAsync(gone.Id, CancellationToken.None))!.State);
        foreach (var kept in new[] { present, young })
            Assert.Equal(UploadState.Completed, (await rig.Ledger.GetAsync(kept.Id, CancellationToken.None))!.State);
        Assert.Equal(2, rig.Store.Enumerate(CancellationToken.None).Count());
        await tree.AssertTrueAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_content_is_kept_until_the_last_file_that_has_it_is_freed()
    {
        var rig = await StartAsync();
        var tree = new TestTree(rig);
        var upload = await tree.PublishAsync("a", "one");
        await tree.CopyAsync("a", "b");
        await tree.PublishAsync("b", "two");
        await tree.RemoveAsync("a");
        await tree.EmptyAsync();
        await tree.CopyAsync("b", "c");
        Assert.Equal(1, await tree.PurgeAsync());
        Assert.Equal(UploadState.Deleted, (await rig.Ledger.GetAsync(upload.Id, CancellationToken.None))!.State);

        await tree.RemoveAsync("b");
        await tree.EmptyAsync();
        Assert.Equal(0, await tree.PurgeAsync());
        Assert.Equal(["c"], (await tree.ReadAsync()).Keys);
        await tree.RemoveAsync("c");
        await tree.EmptyAsync();
        Assert.Equal(1, await tree.PurgeAsync());
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await tree.AssertTrueAsync();
    }

    [Fact]
    public async Task Deleted_files_are_freed_at_once_when_none_are_kept()
    {
        var rig = await StartAsync(new EngineSetup { Files = new FilesOptions { KeepDeleted = TimeSpan.Zero } });
        var tree = new TestTree(rig);
        await tree.PublishAsync("a", "one");
        await tree.PublishAsync("a", "two");
        await tree.RemoveAsync("a");

        Assert.Equal(2, await tree.PurgeAsync());

        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await tree.AssertTrueAsync();
    }

    [Fact]
    public async Task A_folder_of_ten_thousand_is_freed_in_small_batches()
    {
        var rig = await StartAsync();
        var tree = new TestTree(rig);
        var upload = await tree.PublishAsync("f/g/pattern", "one");
        await tree.PublishAsync("kept", "two");
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync(
            """
            insert into entries (id, space, parent, name, kind, version, size, modified_ns, owner)
            select gen_random_uuid(), space, parent, 'file ' || n, kind, version, size, modified_ns, owner
            from entries, generate_series(1, 10000) n where name = 'pattern';
            insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
            select e.id, 1, v.upload, v.size, v.sha256, v.modified_ns, v.subject
            from entries e, entry_versions v where v.upload = @Upload and e.name like 'file %';
            update spaces set entries = entries + 10000, bytes = bytes + 30000
            """,
            new { Upload = upload.Id.Value });
        await tree.RemoveAsync("f");
        await tree.EmptyAsync();

        Assert.Equal(1, await tree.PurgeAsync());

        Assert.InRange(rig.Hooks.Count(nameof(ITrashLedger.PurgeAsync)), 40, 200);
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from entries where parent is not null"));
        Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        var space = (await rig.Tree.SpacesAsync(TestSession.Me, CancellationToken.None)).Single();
        Assert.Equal((1L, 3L), (space.Entries, space.Bytes));
    }

    [Fact]
    public async Task A_publication_into_a_folder_that_is_freed_meanwhile_stays_unfiled()
    {
        var rig = await StartAsync();
        var tree = new TestTree(rig);
        await tree.FolderAsync("f");
        var target = new FileTarget(
            new Place(await tree.SpaceAsync(), (await tree.FindAsync("f")).Entry.Id, ["a"]), NameConflict.Replace);
        await tree.RemoveAsync("f");
        await tree.EmptyAsync();
        await tree.PurgeAsync();

        var upload = await tree.ReceiveAsync("one", target);

        Assert.Equal((null, "parent_removed"), (upload.Target, upload.UnfiledReason));
        await tree.AssertTrueAsync();
    }

    [Fact]
    public async Task The_keeping_time_of_finished_uploads_is_that_of_unfiled_ones_only()
    {
        var keep = new UploadOptions { KeepFinishedFor = TimeSpan.FromHours(1) };
        var rig = await StartAsync(new EngineSetup { Uploads = keep });
        var tree = new TestTree(rig);
        var filed = await tree.PublishAsync("a", "one");
        var unfiled = await tree.ReceiveAsync("two");
        await rig.AgeAsync(TimeSpan.FromHours(2));

        Assert.Equal((1, 0), await RunAsync(rig));

        Assert.Equal(UploadState.Deleted, (await rig.Ledger.GetAsync(unfiled.Id, CancellationToken.None))!.State);
        Assert.Equal(UploadState.Completed, (await rig.Ledger.GetAsync(filed.Id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_service_that_keeps_nothing_frees_at_once()
    {
        await using var service = await TestService.StartAsync(_postgres, new Dictionary<string, string> { ["Files:KeepDeleted"] = "0s" });
        var tree = new TreeClient(service, "r");
        var upload = (await tree.PutAsync("a", "one")).GetProperty("fileId").GetString();
        (await tree.SendAsync(HttpMethod.Delete, "a")).Dispose();
        await Eventually.HoldsAsync(async () => (await service.Client.GetAsync(
            new Uri($"/api/files/{upload}", UriKind.Relative))).StatusCode == System.Net.HttpStatusCode.Gone);
    }

    private static async Task<(long Ended, long Trashed)> RunAsync(EngineRig rig)
    {
        var report = await new PurgeStaleSessions(
            rig.Ledger, rig.Remover, rig.Get<TrashPurger>(), rig.Get<NetworkBook>(), Options.Create(rig.Get<UploadOptions>()))
            .RunAsync(new SilentProgress(), CancellationToken.None);
        Assert.Null(report.Error);
        return (report.Counts["ended"], report.Counts["trashed"]);
    }
}
