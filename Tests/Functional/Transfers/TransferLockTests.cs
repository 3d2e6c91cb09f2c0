using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>
/// The order in which transactions lock transfers, items of work and keys (docs/design/work.md), so that no two wait for each other. Each
/// test holds one row and looks at what a statement that waits for it, or must not, has locked by then.
/// </summary>
public sealed class TransferLockTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private const string Transfer = "'00000000-0000-0000-0000-0000000000a1'";
    private const string Item = "'00000000-0000-0000-0000-0000000000b1'";
    private const string Connection = "'00000000-0000-0000-0000-0000000000c1'";
    private const string Holder = "(select holder from work where state = 'leased' limit 1)";
    private const string Lease = $"{Holder}, (select id from work where kind = 'transfer'), 1";
    private const string ItemLease = $"{Holder}, (select id from work where kind = 'transfer_item'), 1";
    private const string Kinds = "array['transfer', 'transfer_item'], array[interval '1 hour', interval '1 hour'], array[8, 8]";
    private const string EndItem =
        $"select end_transfer_item({ItemLease}, {Item}, 'done', null, null, null, 'made', null, null, null, false)";
    private const string Renew = $"""
        select renew_work({Holder}, array(select id from work order by id), array[1, 1], array[interval '1 minute', interval '1 minute'])
        """;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        await fixture.Open(new Incarnation()).BeginIncarnationAsync(
            TestNode.Begun(new Guid("6a5f1c0e-0001-4000-8000-000000000001"), "boot-1", Durability.Committed), CancellationToken.None);
        await using var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync($"""
            delete from transfers; delete from transfer_items; delete from connections;
            insert into connections (id, tenant, subject, kind, title, secret) values ({Connection}, 't', 'user:a', 'k', 'c', 's');
            insert into transfers (id, tenant, subject, scopes, source, target, state, scanned)
            values ({Transfer}, 't', 'user:a', 1, {Connection}, 'x', 'running', true);
            insert into transfer_items (id, transfer, number, kind, name, path, source_id, size, state)
            values ({Item}, {Transfer}, 1, 'file', 'f', 'f', 's', 1, 'running');
            select add_work('transfer', t.id, transfer_keys(t)) from transfers t;
            select add_work('transfer_item', {Item}, transfer_keys(t)) from transfers t;
            select set_work_key(k.key, 8) from transfers t, unnest(transfer_keys(t)) k (key);
            update work set state = 'leased', epoch = 1, due_at = now() + interval '1 hour', holder = (select max(id) from incarnations);
            """);
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Theory]
    [InlineData(EndItem)]
    [InlineData($"select settle_transfer({Lease}, {Transfer}, '1 minute')")]
    [InlineData($"select put_off_transfer({Lease}, {Transfer}, 'busy', 'r', 'rate_limit', '1 minute')")]
    [InlineData($"select set_transfer_state({Lease}, {Transfer}, 'running', true, 'scanned', null)")]
    [InlineData($"select feed_transfer({Lease}, {Transfer}, 8)")]
    [InlineData($"select cancel_transfer_items({Lease}, {Transfer})")]
    [InlineData($"select expire_transfer({Lease}, {Transfer})")]
    [InlineData($"select begin_transfer_item({ItemLease}, {Item})")]
    [InlineData($"""
        select save_transfer_item(
            {ItemLease}, {Item}, jsonb_build_object('accepted', jsonb_build_object('position', 1, 'hashes', '')))
        """)]
    [InlineData($"select change_transfer({Transfer}, 'pause')")]
    [InlineData($"select change_transfer({Transfer}, 'resume')")]
    [InlineData($"select change_transfer({Transfer}, 'cancel')")]
    [InlineData($"select edit_transfer({Transfer}, 'l', 3::smallint, '{{}}', null)")]
    [InlineData($"select set_transfer_window({Transfer}, now() + interval '1 hour')")]
    [InlineData($"select hold_connection({Connection}, '1 minute', 'rate_limit', 'r')")]
    [InlineData($"select set_connection_state({Connection}, 'needs_sign_in', 'r')")]
    [InlineData($"select remove_connections(array[{Connection}]::uuid[])")]
    [InlineData($"select remove_transfers(array[{Transfer}]::uuid[])")]
    public async Task What_changes_a_transfer_locks_it_first(string change)
    {
        await using var held = await HoldAsync("transfers");
        var changed = RunAsync(change);
        await fixture.WaitingAsync(1);

        Assert.Equal(0, await LockedAsync("transfer_items"));
        Assert.Equal(0, await LockedAsync("work"));
        Assert.Equal(0, await LockedAsync("work_keys"));

        await held.DisposeAsync();
        await changed;
    }

    [Theory]
    [InlineData($"select wake_work({Holder})")]
    [InlineData($"select claim_work({Holder}, {Kinds})")]
    [InlineData(Renew)]
    [InlineData($"select release_work({Holder}, '{{}}')")]
    public async Task What_locks_items_without_their_transfers_waits_for_none(string statement)
    {
        await fixture.AskAsync<int>("update work set due_at = now() - interval '1 second'");
        await using var held = await HoldAsync("work");

        await RunAsync($"set lock_timeout = '1 s'; {statement}; reset lock_timeout");
    }

    [Fact]
    public async Task A_claim_that_waits_for_a_key_has_no_item()
    {
        await fixture.AskAsync<int>("update work set state = 'waiting', due_at = now() - interval '1 second'");
        var holder = await fixture.AskAsync<long>("select max(id) from incarnations");
        await RunAsync($"select wake_work({holder})");
        await using var held = await HoldAsync("work_keys");

        var claimed = RunAsync($"select claim_work({holder}, {Kinds})");
        await fixture.WaitingAsync(1);
        Assert.Equal(0, await LockedAsync("work"));

        await held.DisposeAsync();
        await claimed;
        Assert.Equal(2, await fixture.AskAsync<int>("select count(*) from work where state = 'leased'"));
    }

    [Fact]
    public async Task A_file_ends_while_the_leases_of_its_transfer_are_renewed()
    {
        // The end waits with its own item of work locked. The renewal is about both items.
        await using var held = await HoldAsync("transfer_items");
        var ended = RunAsync(EndItem);
        await fixture.WaitingAsync(1);
        var renewed = RunAsync(Renew);
        await Task.WhenAny(renewed, fixture.WaitingAsync(2));

        await held.DisposeAsync();
        await ended;
        await renewed;
        Assert.Equal("transfer", await fixture.AskAsync<string>("select kind from work"));
    }

    private async Task RunAsync(string statement)
    {
        await using var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync(statement);
    }

    /// <summary>Holds all rows of a table until disposed.</summary>
    private async Task<NpgsqlConnection> HoldAsync(string table)
    {
        var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync($"begin; select from {table} for update");
        return connection;
    }

    /// <summary>How many rows of a table another transaction has locked.</summary>
    private Task<int> LockedAsync(string table) => fixture.AskAsync<int>($"""
        select (select count(*) from {table}) - (select count(*) from (select from {table} for update skip locked) free)
        """);
}
