using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

public sealed class LedgerDatabaseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Refuses_a_database_that_is_not_there()
    {
        var text = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Database = "nowhere" };

        var refused = await RefusedAsync(text.ConnectionString);

        Assert.Contains("has no database nowhere", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_has_stopped_keeps_no_connection()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        (await service.Client.GetAsync(new Uri("/api/jobs", UriKind.Relative))).Dispose();

        await service.StopAsync();

        // The server closes its side a moment after the client.
        var text = new NpgsqlConnectionStringBuilder(service.ConnectionString);
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(text.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        const string open = "select count(*) from pg_stat_activity where datname = @Database";
        await Eventually.HoldsAsync(async () => await connection.ExecuteScalarAsync<int>(open, new { text.Database }) == 0);
    }

    [Fact]
    public async Task Refuses_a_user_that_is_not_there()
    {
        var text = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Username = "nobody_at_all" };

        var refused = await RefusedAsync(text.ConnectionString);

        Assert.Contains("refuses user nobody_at_all", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_server_that_does_not_answer_in_time()
    {
        using var nowhere = new TempFolder();

        var refused = await RefusedAsync($"Host={nowhere.Path};Username=x;Database=x");

        Assert.Contains("does not answer", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_database_that_is_not_utf8()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using (var connection = new NpgsqlConnection(text))
            await connection.ExecuteAsync($"create database latin_{connection.Database} encoding 'LATIN1' locale 'C' template template0");
        var latin = new NpgsqlConnectionStringBuilder(text);
        latin.Database = "latin_" + latin.Database;

        Assert.Contains("encoded in LATIN1", await RefusedAsync(latin.ConnectionString), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task A_commit_waits_for_the_disk_despite_the_databases_setting(string said, string meant)
    {
        var text = await postgres.CreateDatabaseAsync();
        await using (var connection = new NpgsqlConnection(text))
            await connection.ExecuteAsync(
                $"alter database {new NpgsqlConnectionStringBuilder(text).Database} set synchronous_commit = {said}");
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await ledger.OpenAsync(text, CancellationToken.None);

        await using var pooled = await ledger.OpenConnectionAsync(CancellationToken.None);
        await using var single = ledger.OpenSingle();
        Assert.Equal("1min", await pooled.ExecuteScalarAsync<string>("show idle_in_transaction_session_timeout"));
        foreach (var connection in new[] { pooled, single })
            Assert.Equal(meant, await connection.ExecuteScalarAsync<string>("show synchronous_commit"));
    }

    [Fact]
    public async Task Recording_statements_are_planned_once_for_all_values()
    {
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await ledger.OpenAsync(await postgres.CreateDatabaseAsync(), CancellationToken.None);

        await using var pooled = await ledger.OpenConnectionAsync(CancellationToken.None);
        await using var single = ledger.OpenSingle();

        Assert.Equal("auto", await pooled.ExecuteScalarAsync<string>("show plan_cache_mode"));
        Assert.Equal("force_generic_plan", await single.ExecuteScalarAsync<string>("show plan_cache_mode"));
    }

    [Theory]
    [InlineData("ledger.example", true)]
    [InlineData("/var/run/postgresql", false)]
    [InlineData("@abstract", false)]
    public void Single_connection_uses_keepalive_only_to_a_remote_server(string host, bool alive)
    {
        var single = new NpgsqlConnectionStringBuilder(ConnectionSettings.OfSingle($"Host={host};Database=x"));
        Assert.Equal((alive, alive ? 60 : 0, false), (single.TcpKeepAlive, single.TcpKeepAliveTime, single.Pooling));
    }

    [Fact]
    public async Task Another_purpose_has_its_own_pool_and_schema_and_keeps_the_password()
    {
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await ledger.OpenAsync(await postgres.CreateDatabaseAsync() + ";Password=secret", CancellationToken.None);

        var other = new NpgsqlConnectionStringBuilder(ledger.ConnectionStringFor("jobs", "hangfire", 5));

        Assert.Equal("hangfire", other.SearchPath);
        Assert.Equal(5, other.MaxPoolSize);
        Assert.Equal("ChunkUpload jobs", other.ApplicationName);
        Assert.Equal("secret", other.Password);
    }

    private static async Task<string> RefusedAsync(string connectionString)
    {
        var options = new DatabaseOptions { ConnectTimeout = TimeSpan.FromMilliseconds(1) };
        await using var ledger = new LedgerDatabase(options, NullLogger<LedgerDatabase>.Instance);
        return (await Assert.ThrowsAsync<StartRefusedException>(() => ledger.OpenAsync(connectionString, CancellationToken.None))).Message;
    }
}
