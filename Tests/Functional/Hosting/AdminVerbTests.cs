using System.Net.Http.Headers;
using System.Net.Http.Json;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The verbs users and keys beside a running service, and without one.</summary>
public sealed class AdminVerbTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("users", "add", "bob")]
    [InlineData("keys", "add", "camera", "--scopes=upload")]
    [InlineData("signin-link")]
    [InlineData("reset-sessions")]
    [InlineData("migrate")]
    public async Task A_verb_that_fails_says_why_on_one_line(params string[] arguments)
    {
        var database = await postgres.CreateDatabaseAsync();
        var setting = $"--ConnectionStrings:Ledger={database}";
        await using var migrated = ServiceProcess.Launch(null, ["migrate", setting]);
        Assert.True(await migrated.ExitCodeAsync() == 0, migrated.Output);
        await using (var connection = new NpgsqlConnection(database))
        {
            var name = new NpgsqlConnectionStringBuilder(database).Database;
            await connection.ExecuteAsync($"alter database {name} set default_transaction_read_only = on");
        }

        await using var verb = ServiceProcess.Launch(migrated.DataDirectory, [.. arguments, setting]);

        Assert.Equal(1, await verb.ExitCodeAsync());
        Assert.Matches($@"(?m)^{arguments[0]} could not go on: .*read-only transaction.*\.$", verb.Output);
        Assert.DoesNotContain("   at ", verb.Output, StringComparison.Ordinal);
        await PostgresFixture.DropAsync(database);
    }

    [Fact]
    public async Task An_interrupted_verb_does_not_pass_for_a_finished_one()
    {
        var database = await postgres.CreateDatabaseAsync(migrated: false);
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await connection.ExecuteAsync("select pg_advisory_lock(@LockKey)", new { Migrator.LockKey });
        await using var verb = ServiceProcess.Launch(null, ["migrate", $"--ConnectionStrings:Ledger={database}"]);
        await Eventually.HoldsAsync(() => connection.ExecuteScalarAsync<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'advisory')"));

        Assert.Equal(2, await verb.StopAsync());
        Assert.EndsWith("migrate was stopped before its end.", verb.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_on_the_machine_manages_users_and_keys()
    {
        await using var service = await ServiceProcess.StartAsync();
        await service.WaitForLineAsync("users add NAME --operator");
        var address = service.Address.GetLeftPart(UriPartial.Authority);

        // 1. The first operator chooses a password through the link and has the rights of an operator.
        var link = await RunAsync(service, 0, "users", "add", "Ann", "--operator", "--urls", address);
        using var browser = service.CreateClient(withKey: false);
        browser.DefaultRequestHeaders.Add("Origin", address);
        Assert.StartsWith(address + "/signin#link=", link, StringComparison.Ordinal);
        var body = new { link = link.Split("#link=")[1], password = "correct horse battery" };
        using (var chosen = await browser.PostAsJsonAsync("/signin", body))
            Assert.Equal(200, (int)chosen.StatusCode);
        await RunAsync(service, 2, "users", "add", "ann");
        Assert.Contains("operator", await RunAsync(service, 0, "users", "list"), StringComparison.Ordinal);
        foreach (var verb in new[] { "users", "keys", "links" })
            Assert.StartsWith(
                "There is no tenant called no;", await RunAsync(service, 2, verb, "list", "--tenant=no"), StringComparison.Ordinal);

        // 2. A key works at once, and ends within two seconds.
        using var program = service.CreateClient(withKey: false);
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", await RunAsync(service, 0, "keys", "add", "cam\u202Eera", "--scopes=list", "--days=1"));
        using (var list = await program.GetAsync("/api/files"))
            Assert.Equal(200, (int)list.StatusCode);
        var keys = await RunAsync(service, 0, "keys", "list");
        // A name cannot reorder the text around it.
        Assert.Contains(@"cam\u202eera", keys, StringComparison.Ordinal);
        var id = keys.Split('\n')[1].Split(' ')[0];
        await RunAsync(service, 0, "keys", "revoke", id);
        await Eventually.HoldsAsync(async () =>
        {
            using var refused = await program.GetAsync("/api/files");
            return (int)refused.StatusCode == 401;
        });

        // 3. Without the service, too.
        Assert.Equal(0, await service.StopAsync());
        await RunAsync(service, 0, "users", "role", "ann", "admin", "--tenant=default");
        Assert.Contains("operator, admin of default", await RunAsync(service, 0, "users", "list"), StringComparison.Ordinal);
    }

    /// <summary>The standard output of the verb.</summary>
    private static async Task<string> RunAsync(ServiceProcess service, int code, params string[] arguments)
    {
        await using var verb = ServiceProcess.Launch(service.DataDirectory, arguments);
        Assert.True(await verb.ExitCodeAsync() == code, $"{string.Join(' ', arguments)}: {verb.Output}");
        return verb.Output.Split('\n').Where(line => !line.StartsWith("With this link", StringComparison.Ordinal)
            && !line.StartsWith("The secret of", StringComparison.Ordinal)).Aggregate("", (all, line) => $"{all}{line}\n").Trim();
    }
}
