using System.Globalization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Advisor;
using ChunkUpload.Infrastructure.Fsck;
using ChunkUpload.Infrastructure.Uploads;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Every query that is frequent or reads many rows uses an index, shown by PostgreSQL's plans at scale.</summary>
public sealed class LedgerPlanTests(LedgerAtScale scale) : IClassFixture<LedgerAtScale>
{
    private static readonly Guid Crowd = Guid.Parse(LedgerAtScale.Crowd);
    private static readonly string[] Everything =
        ["open", "paused", "completing", "completed", "cancelled", "expired", "failed", "deleted"];

    [Theory]
    [InlineData(UploadSort.CreatedAt, "uploads_by_created")]
    [InlineData(UploadSort.Name, "uploads_by_name")]
    [InlineData(UploadSort.Size, "uploads_by_size")]
    public async Task A_list_walks_the_index_of_its_order(UploadSort sort, string index)
    {
        var after = new PageKey("report 500000.bin", 500, DateTimeOffset.UnixEpoch.AddYears(56), new UploadId(Crowd));
        foreach (var descending in new[] { true, false })
        {
            foreach (var key in new[] { null, after })
            {
                foreach (var states in new string[][] { Everything, ["completed"], ["cancelled", "failed"] })
                {
                    var plan = await ListAsync(
                        new UploadQuery(Caller.Operator) { Sort = sort, Descending = descending, After = key }, states);
                    Assert.Empty(plan.Walked);
                    Assert.Contains(index, plan.Indexes);
                }
            }
        }
    }

    [Fact]
    public async Task A_part_of_a_name_is_found_by_its_trigrams()
    {
        var plan = await ListAsync(new UploadQuery(Caller.Operator) { NameContains = "rt 123456" }, Everything, "%rt 123456%");

        Assert.Empty(plan.Walked);
        Assert.Contains("uploads_by_name_part", plan.Indexes);
    }

    [Fact]
    public async Task A_time_of_creation_is_looked_up()
    {
        var plan = await ListAsync(new UploadQuery(
            Caller.Operator)
        { CreatedAfter = DateTimeOffset.UnixEpoch, CreatedBefore = DateTimeOffset.UnixEpoch }, Everything);

        Assert.Empty(plan.Walked);
        Assert.Contains("uploads_by_created", plan.Indexes);
    }

    [Fact]
    public Task Find() => UsesAsync(
        UploadQueries.Find, new { Id = Crowd, Tenant = "default", Owner = (string?)"user:x", Subject = "user:x" }, "uploads_pkey");

    [Fact]
    public Task Inspect() => UsesAsync(
        ChunkQueries.Inspect,
        new { Id = Crowd, Tenant = "default", Owner = (string?)"user:x", Subject = "user:x", Start = 5000L, Stop = 6000L },
        "uploads_pkey", "extents_pkey", "prefixes_pkey");

    [Fact]
    public Task Inspect_of_a_stream() =>
        UsesAsync(
            ExtentQueries.InspectStream, new { Id = Crowd, Tenant = "default", Owner = (string?)"user:x", Subject = "user:x" },
            "uploads_pkey", "extents_pkey");

    [Fact]
    public Task Missing_ranges() =>
        UsesAsync(ChunkQueries.Missing, new { Id = Crowd, From = 50_000_000L, Limit = 100 }, "uploads_pkey", "received_ranges_pkey");

    [Fact]
    public Task Front() => UsesAsync(ChunkQueries.Front, new { Id = Crowd }, "uploads_pkey", "received_ranges_pkey");

    [Fact]
    public Task Chunks() => UsesAsync(ChunkQueries.Chunks, new { Id = Crowd, From = 50_000_000L, Limit = 100 }, "extents_pkey");

    [Fact]
    public Task Failures() => UsesAsync(ChunkQueries.Failures, new { Id = Crowd, Limit = 100 }, "failed_attempts_pkey");

    [Fact]
    public Task Extents() =>
        UsesAsync(ExtentQueries.Extents, new { Id = Crowd, From = 50_000_000L, Limit = 100 }, "extents_pkey", "stored_files_pkey");

    [Fact]
    public Task First_extents_elsewhere() => UsesAsync(
        ExtentQueries.FirstElsewhere, new { Incarnation = 1L, Id = Crowd, From = 50_000_000L, Stop = 50_001_000L }, "extents_pkey");

    [Fact]
    public Task Unplaced() => UsesAsync(
        ExtentQueries.Unplaced, new { Incarnation = 1L, Id = Crowd, MaxBytes = 1L << 26, MaxCount = 1000 }, "extents_unplaced",
        "stored_files_pkey", "assemblies_pkey");

    [Fact]
    public async Task Pending()
    {
        foreach (var after in new[] { Guid.Empty, Crowd })
            await UsesAsync(ExtentQueries.Pending, new { Incarnation = 1L, After = after, Limit = 500, Undeclared = true },
                "extents_unplaced", "uploads_pending", "uploads_joining", "uploads_pkey", "stored_files_pkey");
    }

    [Fact]
    public Task Tombstones() => UsesAsync(ExtentQueries.Tombstones, new { Incarnation = 1L, Limit = 500 }, "stored_files_tombstones");

    [Fact]
    public Task Tombstones_of_the_bucket() =>
        UsesAsync(ExtentQueries.SharedTombstones, new { Limit = 500 }, "stored_files_tombstones");

    [Fact]
    public Task Oldest_checked() => UsesAsync(
        ExtentQueries.OldestChecked, new { Incarnation = 1L, NotWithin = TimeSpan.FromDays(1), Limit = 100 }, "uploads_unchecked");

    [Fact]
    public Task Quarantined() => UsesAsync(
        FsckQueries.Quarantined, new { Store = Guid.Empty, After = Crowd, Limit = 100 }, "uploads_damaged");

    [Fact]
    public Task Orphans() => UsesAsync(
        ExtentQueries.Orphans,
        new { Incarnation = 2L, Store = Crowd, Ids = new[] { Crowd }, Kinds = new short[] { 1 }, Incarnations = new long[] { 1 } },
        "stored_files_pkey");

    [Fact]
    public Task Fsck_of_uploads() => UsesAsync(
        FsckQueries.Uploads, new { After = (Guid?)Crowd, Limit = 200, Stores = new[] { Crowd } }, "uploads_pkey", "extents_pkey",
            "received_ranges_pkey");

    [Fact]
    public Task Fsck_of_extents() => UsesAsync(
        FsckQueries.Extents, new { Upload = (Guid?)Crowd, Start = 50_000_000L, Limit = 2000, Stores = new[] { Crowd } }, "extents_pkey",
            "uploads_pkey",
            "stored_files_pkey");

    [Fact]
    public async Task Fsck_of_files()
    {
        var plan = await scale.ExplainAsync(FsckQueries.Files, new { Stores = new[] { Crowd }, After = (Guid?)Crowd, Limit = 1000 });

        // There are never many prefixes.
        Assert.Empty(plan.Walked.Except(["prefixes"]));
        Assert.Subset(plan.Indexes.ToHashSet(), new HashSet<string> { "stored_files_pkey", "extents_file" });
    }

    [Fact]
    public Task Fsck_of_unknown_files() => UsesAsync(
        FsckQueries.UnknownFiles,
        new { Store = Crowd, Ids = new[] { Crowd }, Kinds = new short[] { 1 }, Incarnations = new long[] { 1 } }, "stored_files_pkey");

    [Fact]
    public Task Advice_of_an_upload() => UsesAsync(AdviceQueries.Steps, new { Id = Crowd, After = 100L, Limit = 51 }, "advice_steps_pkey");

    [Fact]
    public async Task Networks_of_a_tenant()
    {
        foreach (var before in new long?[] { null, 25_000 })
        {
            // For a tenant with many networks the query walks back from the newest one.
            await UsesAsync(AdviceQueries.Networks, new { Tenant = "rare", Before = before, Limit = 51 }, "client_networks_list");
            Assert.Empty((await scale.ExplainAsync(AdviceQueries.Networks, new { Tenant = "other", Before = before, Limit = 51 })).Walked);
        }
    }

    [Fact]
    public Task Recently_seen_networks_are_found_by_index() => UsesAsync(
        AdviceQueries.RecentNetworks, new { Within = TimeSpan.FromDays(1), Limit = 50_000 }, "client_networks_seen_at");

    // A full batch, as the recorder writes it.
    [Fact]
    public async Task A_batch_of_advice_finds_its_uploads_by_index()
    {
        var each = Enumerable.Range(2, 500).ToList();
        var plan = await scale.ExplainAsync(
            AdviceQueries.AddSteps,
            new
            {
                Uploads = each.Select(number => Guid.Parse(number.ToString("x32", CultureInfo.InvariantCulture))).ToArray(),
                Times = each.Select(_ => DateTime.UnixEpoch).ToArray(),
                Sizes = each.Select(_ => 1L).ToArray(),
                Concurrencies = each.ToArray(),
                Limits = each.Select(_ => "growth").ToArray(),
                Rates = each.Select(_ => (double?)1).ToArray(),
                DeadTimes = each.Select(_ => (double?)1).ToArray(),
                Mtbfs = each.Select(_ => (double?)null).ToArray(),
                Successes = each.ToArray(),
                Failures = each.ToArray(),
                Bytes = each.Select(_ => 1L).ToArray(),
            });

        Assert.Empty(plan.Walked);
        Assert.Contains("uploads_pkey", plan.Indexes);
    }

    [Fact]
    public async Task The_purge_picks_by_its_lower_bound()
    {
        var plan = await scale.ExplainInsideAsync(
            ExtentQueries.Purge, new { Incarnation = 1L, Limit = 100, Keep = (long?)5, Kept = StateReasons.NotKept, StateReasons.Idle });

        Assert.Empty(plan.Walked);
        Assert.Contains("uploads_stale", plan.Indexes);
        Assert.Contains("uploads_kept", plan.Indexes);
    }

    [Fact]
    public async Task The_history_ends_by_the_time_of_its_end()
    {
        var plan = await scale.ExplainInsideAsync(
            ExtentQueries.Trim, new { Incarnation = 1L, Age = TimeSpan.FromDays(400), Limit = 100 });

        Assert.DoesNotContain("uploads", plan.Walked);
        Assert.Contains("uploads_over", plan.Indexes);
    }

    [Fact]
    public async Task Recording_touches_its_neighbours_only()
    {
        var plan = await scale.ExplainInsideAsync(
            "select record_chunk(1, @Id, 50000500, 500, sha256('y'), gen_random_uuid(), 1::smallint, 1, now(), null)", new { Id = Crowd });

        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
        Assert.Contains("received_ranges_pkey", plan.Indexes);
        Assert.Contains("extents_pkey", plan.Indexes);
    }

    [Theory]
    [InlineData("select begin_complete(1, 'default', null, 'subject', @Id, 100000000, null)")]
    [InlineData("select reopen_range(1, 'default', null, 'user:x', @Id, 5000, 1000)")]
    [InlineData("select end_upload(1, 'default', null, 'subject', @Id, null, 'cancelled', 'x'); select reclaim_content(1, @Id, 500)")]
    [InlineData("insert into stores (id, name) values (gen_random_uuid(), 'other'); select is_elsewhere(1, @Id)")]
    [InlineData(
        "insert into stores (id, name) values (gen_random_uuid(), 'other'); "
        + "select is_checked_elsewhere((select store from incarnations where id = 1), @Id)")]
    [InlineData("select set_assembly(1, @Id, gen_random_uuid(), 3::smallint, 1)")]
    [InlineData("select forget_files(1, array['f0000000-0000-0000-0000-0000000203a0', 'f0000000-0000-0000-0000-000000020788']::uuid[])")]
    [InlineData("select trim_history(1, '-1 day', 100)")]
    [InlineData("select record_prefix(1, @Id, 500, 500, null, 10, sha256(''), '', gen_random_uuid(), 1::smallint, 1, 1, null, null)")]
    public async Task No_function_walks_a_table(string call) =>
        Assert.Empty((await scale.ExplainInsideAsync(call, new { Id = Crowd })).Walked);

    [Fact]
    public async Task Several_records_in_one_call_find_their_uploads_by_index()
    {
        var plan = await scale.ExplainInsideAsync(RecordCalls.CreateThenComplete, RecordCalls.Of(5));
        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
        Assert.Contains("uploads", plan.Changed);

        plan = await scale.ExplainInsideAsync(RecordCalls.CreateComplete, RecordCalls.Of(5));
        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
    }

    [Fact]
    public async Task Placing_finds_its_extents_by_index()
    {
        const string call = """
            insert into assemblies select @Id, i.store, '00000000-0000-0000-0000-00000000000a' from incarnations i where i.id = 1;
            select place_extents(1, @Id, '00000000-0000-0000-0000-00000000000a', array_agg(start), array_agg(length), array_agg(file_id),
                array_agg(file_offset))
            from (select * from extents where upload_id = @Id and not placed order by start limit 100) p
            """;
        var plan = await scale.ExplainInsideAsync(call, new { Id = Crowd });

        Assert.Empty(plan.Walked);
        Assert.Contains("extents_file", plan.Indexes);
    }

    private async Task UsesAsync(string query, object parameters, params string[] indexes)
    {
        var plan = await scale.ExplainAsync(query, parameters);
        Assert.Empty(plan.Walked);
        Assert.Subset(plan.Indexes.ToHashSet(), indexes.ToHashSet());
    }

    private Task<LedgerPlan> ListAsync(UploadQuery query, string[] states, string? name = null) => scale.ExplainAsync(
        UploadQueries.List(query),
        new
        {
            Tenant = "default",
            States = states,
            Name = name,
            query.CreatedAfter,
            query.CreatedBefore,
            AfterTime = query.After?.Time,
            AfterText = query.After?.Text,
            AfterNumber = query.After?.Number ?? -1,
            AfterId = query.After?.Id.Value,
            Limit = 51,
        });
}
