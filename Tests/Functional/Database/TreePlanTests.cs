using System.Text.Json;
using ChunkUpload.Core.Tree;
using ChunkUpload.Infrastructure.Tree;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>The statements on trees find their rows by an index, at 100,000 entries in a folder and as many in the trash.</summary>
public sealed class TreePlanTests(TreeAtScale scale) : IClassFixture<TreeAtScale>
{
    private static readonly Guid Space = TreeAtScale.Space;
    private static readonly Guid Folder = TreeAtScale.Folder;

    [Theory]
    [InlineData(EntrySort.Name)]
    [InlineData(EntrySort.Size)]
    [InlineData(EntrySort.Modified)]
    public async Task A_page_of_a_folder_reads_that_folder(EntrySort sort)
    {
        foreach (var descending in new[] { true, false })
        {
            foreach (var after in new[] { null, new EntryKey("report 5000", 5000) })
            {
                var query = new FolderQuery(new EntryId(Folder), 201) { Sort = sort, Descending = descending, After = after };
                var plan = await scale.ExplainAsync(
                    TreeQueries.List(query), new { Folder, query.Limit, AfterName = after?.Name, AfterNumber = after?.Number ?? 0 });
                Assert.Empty(plan.Walked);
                Assert.Empty(plan.WalkedIndexes);
                Assert.Contains("entries_by_folded", plan.Indexes);
                if (sort == EntrySort.Name)
                {
                    Assert.Contains("entries_by_name", plan.Indexes);
                    // The page is sorted once more; the folder is not.
                    Assert.Equal(["(row_number() OVER (?))"], plan.SortKeys);
                }
            }
        }
    }

    [Fact]
    public Task Changes() => UsesAsync(
        TreeQueries.Changes.Split(';')[0], new { Space, After = 50_000L, Limit = 200 }, "changes_pkey");

    [Fact]
    public async Task Position_in_the_changes()
    {
        var plan = await scale.ExplainAsync(TreeQueries.Changes.Split(';')[1], new { Space, After = 50_000L });
        // It has one row.
        Assert.Equal(["ledger"], plan.Walked);
        Assert.Contains("changes_pkey", plan.Indexes);
        Assert.Empty(plan.WalkedIndexes);
    }

    [Fact]
    public async Task Search()
    {
        foreach (var (text, most) in new[] { ("ort 4321", 10_000), ("43％21", 10_000), ("ort 4321", 200_000) })
        {
            foreach (var after in new[] { null, "report 5000" })
            {
                var plan = await scale.ExplainInsideAsync(
                    TreeQueries.Search,
                    new
                    {
                        Space,
                        Folder,
                        Text = text,
                        Kind = (string?)null,
                        AfterName = after,
                        AfterId = Folder,
                        Limit = 200,
                        Most = most,
                    });
                Assert.Empty(plan.Walked);
                Assert.Empty(plan.WalkedIndexes);
                // A folder with no more entries than a page may read is read directly.
                Assert.Equal(most == 10_000, plan.Indexes.Contains("entries_by_part"));
            }
        }
    }

    [Fact]
    public async Task The_trash_is_walked_from_its_newest_item()
    {
        foreach (var after in new DateTime?[] { null, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1) })
        {
            var plan = await scale.ExplainAsync(
                TreeQueries.Trash, new { Space, AfterAt = after, AfterId = Folder, AfterVersion = 0, Limit = 201 });
            Assert.Empty(plan.Walked);
            Assert.Subset(plan.Indexes.ToHashSet(), new HashSet<string> { "entries_trash", "entry_versions_trash" });
            // At most the two halves of the page are sorted together.
            Assert.DoesNotContain(plan.SortKeys, key => key[..2] is "e." or "v.");
        }
    }

    [Fact]
    public async Task One_item_of_the_trash()
    {
        await UsesAsync(TreeQueries.RemovedEntry, new { Space, Entry = TreeAtScale.Removed }, "entries_pkey");
        await UsesAsync(
            TreeQueries.OldVersion, new { Space, Entry = TreeAtScale.File, Version = 1 }, "entry_versions_pkey", "entries_pkey");
    }

    [Fact]
    public async Task Entries_of_uploads_and_contents()
    {
        var (upload, tenant) = (TreeAtScale.File, "default");
        await UsesAsync(TreeQueries.EntriesOf, new { Uploads = new[] { upload } }, "entry_versions_upload", "entries_pkey");
        await UsesAsync(TreeQueries.PublishedAs, new { Upload = upload }, "entry_versions_upload", "entries_pkey");
        await UsesAsync(
            TreeQueries.FilesOf, new { Upload = upload, Tenant = tenant, Owner = (string?)null, Limit = 100 }, "entry_versions_upload",
            "entries_pkey");
        await UsesAsync(
            TreeQueries.WithContent,
            new { Tenant = tenant, Owner = (string?)null, Sha256 = new byte[32], Size = (long?)null, Incarnation = 1L },
            "entry_versions_sha256", "entries_pkey");
        await UsesAsync(TreeQueries.Arriving, new { Folder, After = (Guid?)null, Limit = 200 }, "uploads_arriving");
        await UsesAsync(TreeQueries.Count, new { Folders = new[] { Folder }, Most = 500 }, "entries_by_name");
        // It reads the index of damaged uploads, of which there are few.
        var damaged = await scale.ExplainAsync(TreeQueries.FindDamaged, new { Entries = new[] { Folder } });
        Assert.Empty(damaged.Walked);
        Assert.Subset(damaged.Indexes.ToHashSet(), new HashSet<string> { "uploads_damaged", "entry_versions_upload" });
    }

    [Theory]
    [InlineData("select resolve_path(@Space, array['folder', 'report 5'])")]
    [InlineData("select walk_tree(@Space, array['folder', 'report 5'], 500)")]
    [InlineData("select entry_path(@File), is_below(@File, @Folder)")]
    [InlineData("select make_entry(1, gen_random_uuid(), @Space, @Folder, array['a', 'b'], 'fail', 1, null, null, 'me', @File)")]
    [InlineData("select change_entry(1, @Space, @File, null, @Space, array['new', 'name'], 'rename', 1, null, 'me', false)")]
    [InlineData("select remove_entry(1, @Space, @Folder, null, 'me', false)")]
    [InlineData("select restore_entry(1, @Space, @Removed, null, null, 'rename', 'me', false)")]
    [InlineData("""
        select place_upload(1, gen_random_uuid(), @File, 'default', null, true, true, @Space, @Folder, array['report 5'], 'replace', null,
                            null, null, null, 'me', false, @File, 'key', '')
        """)]
    [InlineData("select copy_entries(1, @Space, array[@File], array[gen_random_uuid()], array[@Folder], array['copy'], 'me', false)")]
    [InlineData("""
        select begin_move(1, gen_random_uuid(), gen_random_uuid(), @Space, @File, 1, @Space, @Space, array['moved'], 'replace',
                          'default', 'me', false)
        """)]
    [InlineData("select empty_trash(1, @Space, @Removed, null, 500), empty_trash(1, @Space, @File, 1, 500)")]
    [InlineData("select note_digest(@File, sha256('x'))")]
    public async Task No_function_walks_a_table_or_an_index(string call)
    {
        var plan = await scale.ExplainInsideAsync(
            call, new { Space, Folder, TreeAtScale.File, TreeAtScale.Removed });
        // The check whether any policy exists: the first row is enough.
        Assert.Empty(plan.Walked.Except(["version_policies"]));
        Assert.Empty(plan.WalkedIndexes);
    }

    [Fact]
    public async Task Many_paths_are_found_by_name()
    {
        var names = Enumerable.Range(1, 200).Select(number => $"report {number}").ToArray();
        var plan = await scale.ExplainInsideAsync(
            TreeQueries.FindMany,
            new
            {
                Folder = Space,
                Folders = JsonSerializer.Serialize(new[] { new[] { "folder" } }),
                Places = names.Select(_ => 1).ToArray(),
                Names = names,
            });
        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
        Assert.Contains("entries_by_name", plan.Indexes);
    }

    [Fact]
    public async Task The_trash_is_emptied_and_freed_through_its_indexes()
    {
        var plan = await scale.ExplainInsideAsync("select empty_trash(1, @Space, null, null, 500)", new { Space });
        Assert.Empty(plan.Walked);
        Assert.Contains("entries_trash", plan.Indexes);
        Assert.Contains("entry_versions_expired", plan.Indexes);
        plan = await scale.ExplainInsideAsync("select purge_trash(1, 200, 0, '')", new { });
        Assert.Empty(plan.Walked);
        Assert.Contains("entries_expired", plan.Indexes);
        Assert.Contains("entry_versions_expired", plan.Indexes);
    }

    private async Task<LedgerPlan> UsesAsync(string query, object parameters, params string[] indexes)
    {
        var plan = await scale.ExplainAsync(query, parameters);
        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
        Assert.Subset(plan.Indexes.ToHashSet(), indexes.ToHashSet());
        return plan;
    }
}
