using System.Text.Json;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Work;
using ChunkUpload.Tests.Functional.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Work;

/// <summary>The limits of keys: none is exceeded, and an item that one holds back delays no other.</summary>
public sealed class WorkKeyTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly Guid Here = new("6a5f1c0e-0001-4000-8000-000000000001");

    private PostgresWorkLedger _ledger = null!;
    private Incarnation _incarnation = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        _incarnation = new Incarnation();
        await fixture.Open(_incarnation).BeginIncarnationAsync(
            TestNode.Begun(Here, "boot-1", Durability.Committed), None);
        _ledger = fixture.OpenWork(_incarnation);
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task A_key_without_limits_holds_nothing_back()
    {
        await AddAsync(20, "a", "b");
        Assert.Equal(20, (await ClaimAllAsync()).Count);
    }

    [Fact]
    public async Task Items_that_a_key_holds_back_are_not_counted_as_due()
    {
        await AddAsync(3, "a");
        await AddAsync(2, "paused", "b");
        await AddAsync(1, "later");
        await _ledger.SetKeyAsync("paused", new WorkKeyChange(Paused: true), None);
        await _ledger.SetKeyAsync("later", new WorkKeyChange(NotBefore: TimeProvider.System.GetUtcNow().AddHours(1)), None);
        _ = await ClaimAsync(1);
        var count = Assert.Single(await _ledger.CountAsync(None), one => one.Kind == "test");
        Assert.Equal((2, 3, 1), (count.Due, count.Waiting, count.Running));
    }

    [Fact]
    public async Task Work_with_a_folder_is_left_to_the_node_that_has_it()
    {
        Guid folder = Guid.NewGuid(), other = Guid.NewGuid();
        await AddAsync(3, "a");
        var first = Assert.Single(await ClaimAsync(1));
        Assert.True(await _ledger.HandAsync(first, folder, other, None));
        // The answer was lost, or another attempt is late.
        Assert.False(await _ledger.HandAsync(first, folder, other, None));
        Assert.Equal(2, (await ClaimAllAsync()).Count);
        Assert.Equal(
            $"ready 0 a folder:{folder}",
            await fixture.AskAsync<string>(
                $"select state || ' ' || attempts || ' ' || array_to_string(keys, ' ') from work where id = {first.Id}"));

        // The folder moves to this node.
        await _ledger.BindFoldersAsync(Here, [folder], None);
        var again = Assert.Single(await ClaimAllAsync());
        Assert.Equal(first.Id, again.Id);
        Assert.True(await _ledger.HandAsync(again, folder, other, None));
        Assert.Empty(await ClaimAllAsync());
        Assert.Equal(2, await fixture.AskAsync<int>($"select cardinality(keys) from work where id = {first.Id}"));

        // After its node was forgotten, any node takes the item, and reports that the folder is gone.
        await fixture.AskAsync<object>(
            $"insert into nodes (id, name, incarnation, address, fingerprint, settings) values ('{other}', 'c', 1, '', '', '[]')");
        Assert.Equal("forgotten", await fixture.AskAsync<string>("select forget_node('c')"));
        Assert.Single(await ClaimAllAsync());
    }

    [Fact]
    public async Task At_most_as_many_items_of_a_key_are_leased_as_it_allows()
    {
        await _ledger.SetKeyAsync("a", new WorkKeyChange(AtOnce: 3), None);
        await AddAsync(10, "a");
        var items = await ClaimAllAsync();
        Assert.Equal(3, items.Count);

        await _ledger.EndAsync(items[0], null, isFailure: false, None);

        Assert.Single(await ClaimAllAsync());
    }

    [Fact]
    public async Task Lanes_that_share_a_key_share_its_limit()
    {
        await _ledger.SetKeyAsync("source", new WorkKeyChange(AtOnce: 2), None);
        await AddAsync(5, "source", "to:1");
        await AddAsync(5, "source", "to:2");
        await AddAsync(5, "other", "to:2");

        var items = await ClaimAllAsync();

        Assert.Equal(2, items.Count(item => item.Keys.Contains("source")));
        Assert.Equal(5, items.Count(item => item.Keys.Contains("other")));
    }

    [Fact]
    public async Task The_smallest_limit_of_several_keys_holds()
    {
        await _ledger.SetKeyAsync("wide", new WorkKeyChange(AtOnce: 5), None);
        await _ledger.SetKeyAsync("narrow", new WorkKeyChange(AtOnce: 1), None);
        await AddAsync(5, "wide", "narrow");
        await AddAsync(9, "wide");

        var items = await ClaimAllAsync();

        Assert.Equal(5, items.Count);
        Assert.Single(items, item => item.Keys.Contains("narrow"));
    }

    [Fact]
    public async Task Paused_keys_and_keys_that_have_to_wait_hold_their_items_back()
    {
        await AddAsync(1, "paused");
        await AddAsync(1, "throttled");
        await _ledger.SetKeyAsync("paused", new WorkKeyChange(Paused: true), None);
        await _ledger.SetKeyAsync("throttled", new WorkKeyChange(NotBefore: TimeProvider.System.GetUtcNow().AddHours(1)), None);
        Assert.Empty(await ClaimAllAsync());

        await _ledger.SetKeyAsync("paused", new WorkKeyChange(Paused: false), None);
        Assert.Equal(["paused"], Assert.Single(await ClaimAllAsync()).Keys);

        // The longest wait of several workers counts.
        await _ledger.SetKeyAsync("throttled", new WorkKeyChange(NotBefore: TimeProvider.System.GetUtcNow().AddHours(-1)), None);
        Assert.Empty(await ClaimAllAsync());
        await _ledger.SetKeyAsync("throttled", new WorkKeyChange(NotBefore: DateTimeOffset.MinValue), None);
        Assert.Equal(["throttled"], Assert.Single(await ClaimAllAsync()).Keys);
    }

    [Fact]
    public async Task A_limit_that_is_taken_away_ends()
    {
        await _ledger.SetKeyAsync("a", new WorkKeyChange(AtOnce: 1), None);
        await _ledger.SetKeyAsync("b", new WorkKeyChange(AtOnce: 1, Paused: true), None);
        await AddAsync(3, "a");
        await AddAsync(3, "b");
        Assert.Single(await ClaimAllAsync());

        await _ledger.SetKeyAsync("a", new WorkKeyChange(AtOnce: 0), None);
        await _ledger.ForgetKeysAsync(["b"], None);

        Assert.Equal(5, (await ClaimAllAsync()).Count);
    }

    [Fact]
    public async Task Lanes_share_the_slots_whatever_one_of_them_has_waiting()
    {
        await AddAsync(100, "many");
        await AddAsync(2, "few");

        Assert.Equal(2, (await ClaimAsync(4)).Count(item => item.Keys.Contains("few")));
    }

    [Fact]
    public async Task The_lane_with_the_fewest_items_in_work_comes_first()
    {
        await AddAsync(10, "slow");
        Assert.Equal(3, (await ClaimAsync(3)).Count);
        await AddAsync(10, "new");

        Assert.Equal(["new"], Assert.Single(await ClaimAsync(1)).Keys);
    }

    [Fact]
    public async Task A_limit_holds_for_claims_that_run_at_once()
    {
        await _ledger.SetKeyAsync("both", new WorkKeyChange(AtOnce: 7), None);
        await AddAsync(50, "both", "a");
        await AddAsync(50, "both", "b");
        // All claims have chosen their lanes before the first of them counts.
        await using var holder = await fixture.OpenAsync();
        await holder.ExecuteAsync("begin; select from work_keys for update");
        var claims = Enumerable.Range(0, 8).Select(_ => Task.Run(() => ClaimAsync(5))).ToList();
        await fixture.WaitingAsync(8);

        await holder.ExecuteAsync("commit");

        var items = (await Task.WhenAll(claims)).SelectMany(one => one).ToList();
        Assert.Equal(7, items.Count);
        Assert.Equal(7, items.DistinctBy(item => item.Id).Count());
        Assert.Equal(7, await fixture.AskAsync<int>("select count(*) from work where state = 'leased'"));
    }

    [Fact]
    public async Task Two_workers_never_get_the_same_item()
    {
        await AddAsync(400);
        var workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var mine = new List<long>();
            // A claim may come away empty where others have the first rows.
            while (await fixture.AskAsync<bool>("select exists (select from work)"))
            {
                foreach (var item in await ClaimAsync(7))
                {
                    mine.Add(item.Id);
                    Assert.True(await _ledger.EndAsync(item, null, isFailure: false, None));
                }
            }

            return mine;
        })));

        Assert.Equal(400, workers.Sum(mine => mine.Count));
        Assert.Equal(400, workers.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task A_paused_key_with_many_items_costs_a_claim_no_more_than_one_with_few()
    {
        await using var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync("""
            insert into work (kind, reference, keys) select 'test', gen_random_uuid(), '{connection:slow,tenant:a}'
            from generate_series(1, 100000);
            insert into work (kind, reference, keys, state, due_at)
            select 'test', gen_random_uuid(), '{connection:slow,tenant:a}', 'waiting', now() + interval '1 hour'
            from generate_series(1, 20000);
            insert into work (kind, reference, keys)
            select 'test', gen_random_uuid(), array['connection:' || i, 'tenant:a'] from generate_series(1, 20) i
            """);
        await connection.ExecuteAsync("vacuum analyze work");
        await _ledger.SetKeyAsync("connection:slow", new WorkKeyChange(Paused: true), None);
        var parameters = new { Incarnation = _incarnation.Id, Kinds = new[] { "test" }, Leases = new[] { Long }, Limits = new[] { 8 } };

        var plan = await LedgerPlan.InsideAsync(connection, PostgresWorkLedger.Claim, parameters);

        Assert.Empty(plan.Walked);
        Assert.Contains("work_ready", plan.Indexes);
        var waking = await LedgerPlan.InsideAsync(connection, PostgresWorkLedger.Wake, new { Incarnation = _incarnation.Id });
        Assert.Empty(waking.Walked);
        Assert.Contains("work_due", waking.Indexes);
        // The first call of a connection reads the catalogue, too.
        _ = await TouchedAsync(connection, parameters);
        Assert.InRange(await TouchedAsync(connection, parameters), 1, 1_000);
        Assert.Equal(20, (await ClaimAllAsync()).Count);
    }

    /// <summary>How many pages of the table and its indexes a claim reads.</summary>
    private static async Task<long> TouchedAsync(NpgsqlConnection connection, object parameters)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var explained = await connection.QuerySingleAsync<string>(
            "explain (analyze, buffers, format json) " + PostgresWorkLedger.Claim, parameters, transaction);
        await transaction.RollbackAsync();
        using var json = JsonDocument.Parse(explained);
        var plan = json.RootElement[0].GetProperty("Plan");
        return plan.GetProperty("Shared Hit Blocks").GetInt64() + plan.GetProperty("Shared Read Blocks").GetInt64();
    }

    private Task AddAsync(int count, params string[] keys) => _ledger.AddAsync(
        [.. Enumerable.Range(0, count).Select(_ => new NewWork("test", Guid.NewGuid()) { Keys = keys })], None);

    private Task<IReadOnlyList<WorkItem>> ClaimAsync(int limit) => _ledger.ClaimAsync([new WorkWanted("test", Long, limit)], None);

    private async Task<List<WorkItem>> ClaimAllAsync()
    {
        var items = new List<WorkItem>();
        while (await ClaimAsync(16) is { Count: > 0 } some)
            items.AddRange(some);
        return items;
    }
}
