using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Failover;

/// <summary>What counts as recorded where a synchronous standby of the ledger's server is required.</summary>
public sealed class StandbyTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static Dictionary<string, string> Required(string ledger) => new()
    {
        ["ChunkUpload__ConnectionStrings__Ledger"] = ledger,
        ["ChunkUpload__Cluster__Standby"] = "Required",
    };

    [Fact]
    public async Task A_start_without_a_synchronous_standby_is_refused()
    {
        await using var rig = await StandbyRig.StartAsync();
        using var folder = new TempFolder();

        Assert.Contains(
            "synchronous_standby_names is empty", await RefusedAsync(folder.Path, Required(rig.At("a"))), StringComparison.Ordinal);

        await rig.NameStandbysAsync("a", "*");
        Assert.Contains(
            "no synchronous standby that is connected", await RefusedAsync(folder.Path, Required(rig.At("a"))), StringComparison.Ordinal);

        var alone = Required("");
        Assert.Contains("the private cluster has none", await RefusedAsync(folder.Path, alone), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_standby_has_confirmed_is_no_answer()
    {
        await using var rig = await StandbyRig.StartAsync();
        await rig.AddStandbyAsync("b", of: "a");
        await rig.NameStandbysAsync("a", "*");
        await using var database = new LedgerDatabase(
            new DatabaseOptions { CommandTimeout = TimeSpan.FromSeconds(2) }, NullLogger<LedgerDatabase>.Instance,
            new LedgerUse(NeedsStandby: true));
        await database.OpenAsync(rig.ConnectionString, None);
        await StandbyCheck.RunAsync(database, None);
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        Task<T?> AskAsync<T>(string text) => calls.OnceAsync((connection, _) => connection.ExecuteScalarAsync<T>(text), None);

        // The server's own setting is weaker.
        Assert.Equal("on", await AskAsync<string>("show synchronous_commit"));
        _ = await AskAsync<object>("create table t (n int); insert into t values (1)");

        // The command's own timeout cuts the wait short: the row is visible, and neither the write nor a read of it is an answer.
        await rig.StopAsync("b");
        _ = await Assert.ThrowsAsync<LedgerUnavailableException>(() => AskAsync<object>("update t set n = 2"));
        Assert.Equal(2, await rig.AskAsync<int>("a", "select n from t"));
        _ = await Assert.ThrowsAsync<LedgerUnavailableException>(() => AskAsync<int>("select n from t"));

        // Reads that wait go on as soon as the standby is back.
        var reads = Enumerable.Range(0, 8).Select(_ => AskAsync<int>("select n from t")).ToList();
        await rig.RunAsync("b");
        foreach (var read in reads)
            Assert.Equal(2, await read);

        // An operator who turns the standby off lets commits pass; they count for nothing here.
        await rig.NameStandbysAsync("a", "");
        _ = await Assert.ThrowsAsync<LedgerUnavailableException>(() => AskAsync<int>("select n from t"));
        Assert.False(database.HasStandby);
        await rig.NameStandbysAsync("a", "*");
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return await AskAsync<int>("select n from t") == 2;
            }
            catch (LedgerUnavailableException)
            {
                return false;
            }
        });
        Assert.True(database.HasStandby);
    }

    [Fact]
    public async Task A_write_without_its_standby_is_refused_in_seconds_and_a_long_statement_is_not_cut()
    {
        await using var rig = await StandbyRig.StartAsync();
        await rig.AddStandbyAsync("b", of: "a");
        await rig.NameStandbysAsync("a", "*");
        await using var database = new LedgerDatabase(
            new DatabaseOptions { MaxPoolSize = 2 }, NullLogger<LedgerDatabase>.Instance, new LedgerUse(NeedsStandby: true));
        await database.OpenAsync(rig.ConnectionString, None);
        var time = new ManualTime();
        var calls = new LedgerCalls(database, time, NullLogger<LedgerCalls>.Instance);
        Task<T?> AskAsync<T>(string text) => calls.RunAsync((connection, _) => connection.ExecuteScalarAsync<T>(text), None);
        _ = await AskAsync<object>("create table t (n int); insert into t values (1), (2), (3)");

        // A statement that waits for something else is looked at again and again.
        await using (var holder = new NpgsqlConnection(rig.At("a")))
        {
            await holder.OpenAsync();
            _ = await holder.ExecuteAsync("select pg_advisory_lock(1)");
            var waiting = AskAsync<bool>("select pg_advisory_xact_lock(1) is not null");
            for (var looks = 0; looks < 5; looks++)
                await time.PassNextAsync();
            Assert.False(waiting.IsCompleted);
            _ = await holder.ExecuteAsync("select pg_advisory_unlock(1)");
            Assert.True(await waiting);
        }

        // All connections of the pool wait.
        var health = new LedgerHealth();
        using var watch = new StandbyWatch(database, health, TimeProvider.System, NullLogger<StandbyWatch>.Instance);
        await watch.NoteAsync(None);
        await rig.StopAsync("b");
        var began = time.GetTimestamp();
        var writes = Enumerable.Range(1, 2).Select(n => AskAsync<object>($"update t set n = n + 10 where n = {n}")).ToList();
        await Eventually.HoldsAsync(async () =>
            await rig.AskAsync<int>("a", "select count(*)::int from pg_stat_activity where wait_event = 'SyncRep'") == 2);
        var all = Task.WhenAll(writes);
        while (!all.IsCompleted)
            await Task.WhenAny(all, time.PassNextAsync());
        foreach (var write in writes)
            _ = await Assert.ThrowsAsync<LedgerUnavailableException>(() => write);
        Assert.InRange(
            time.GetElapsedTime(began), TimeSpan.FromSeconds(ConfirmedReads.PatienceSeconds), new DatabaseOptions().CommandTimeout);
        Assert.Equal(2, await rig.AskAsync<int>("a", "select count(*)::int from t where n > 10"));

        // The audit records the loss once, although no standby has confirmed that record.
        await watch.NoteAsync(None);
        await watch.NoteAsync(None);
        Assert.StartsWith("No synchronous standby", health.Trouble, StringComparison.Ordinal);
        await rig.RunAsync("b");
        await Eventually.HoldsAsync(() => rig.IsStreamingAsync("a"));
        await watch.NoteAsync(None);
        Assert.Null(health.Trouble);
        Assert.Equal(
            "node.standby_lost node.standby_returned",
            await AskAsync<string>("select string_agg(kind, ' ' order by id) from audit_arrivals where kind like 'node.standby%'"));
        _ = await AskAsync<object>("update t set n = 13 where n = 3");
        Assert.Equal(3, await AskAsync<int>("select count(*)::int from t where n > 10"));
    }

    [Fact]
    public async Task While_no_server_is_the_primary_the_ledger_is_unavailable_and_a_start_waits()
    {
        await using var rig = await StandbyRig.StartAsync();
        await rig.AddStandbyAsync("b", of: "a");
        await rig.NameStandbysAsync("a", "*");
        await using var database = NewDatabase();
        await database.OpenAsync(rig.ConnectionString, None);
        await rig.Kill9Async("a");
        database.DataSource.Clear();

        // From the second try on, only the standby is asked.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var reason = await Assert.ThrowsAnyAsync<Exception>(() => database.OpenConnectionAsync(None).AsTask());
            Assert.True(LedgerErrors.IsTransient(reason), reason.ToString());
        }

        await using var started = NewDatabase();
        var opening = started.OpenAsync(rig.ConnectionString, None);
        await Task.Delay(TimeSpan.FromSeconds(1), None);
        Assert.False(opening.IsCompleted);
        await rig.PromoteAsync("b");
        await opening;

        static LedgerDatabase NewDatabase() =>
            new(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance, new LedgerUse(NeedsStandby: true));
    }

    private static async Task<string> RefusedAsync(string folder, Dictionary<string, string> settings)
    {
        await using var refused = ServiceProcess.Launch(folder, ["serve", "--urls", "http://127.0.0.1:0"], settings);
        Assert.Equal(2, await refused.ExitCodeAsync());
        return refused.Output;
    }
}
