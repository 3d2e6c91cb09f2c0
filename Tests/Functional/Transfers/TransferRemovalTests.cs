using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>What is removed with a user and with a tenant, and where secrets must not be.</summary>
public sealed class TransferRemovalTests(RemovalPlaces places) : IClassFixture<RemovalPlaces>, IAsyncLifetime
{
    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("user")]
    [InlineData("tenant")]
    public async Task With_its_owner_everything_of_a_transfer_goes_and_what_runs_stops(string removed)
    {
        var tenant = $"of-a-{removed}";
        Assert.True(await places.Service.Services.GetRequiredService<IPeopleLedger>().AddTenantAsync(tenant, "Acme", default));
        var people = new TestPeople(places.Service);
        var user = await people.UserAsync($"ann-{removed}", Role.Member, tenant);
        using var owner = await people.ClientAsync(user, tenant);
        var connection = await ConnectAsync(user, tenant);
        var entry = await TransferRig.PutAsync(owner, "out.bin", TransferRig.Bytes(1, 900_000));
        _ = await Rig.Google.Drive.SeedAsync(new { items = new[] { new { name = "in.bin", id = "in", size = 900_000 } } });
        Fault[] held =
        [
            Rig.Google.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold()),
            Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Nth = 2 }, FaultAction.Hold()),
        ];
        var draft = new { source = new { items = new[] { entry } }, destination = new { connection, folder = "root" } };
        _ = await AddAsync(owner, "/api/transfers", draft);
        _ = await AddAsync(
            owner, "/api/transfers", new { source = new { connection, items = new[] { "in" } }, destination = new { folder = "root" } });
        _ = await AddAsync(owner, "/api/schedules", new { title = "nightly", cron = "0 3 * * *", transfer = draft });
        _ = await AddAsync(owner, "/api/templates", new { title = "again", transfer = draft });
        await Task.WhenAll(held.Select(one => one.Reached));
        Assert.Equal([1, 2, 1, 1, 5], await CountAsync(tenant));

        using (var gone = await Client.DeleteAsync(removed == "user" ? $"/api/users/{user.Id:n}" : $"/api/tenants/{tenant}"))
            Assert.True(gone.IsSuccessStatusCode, await gone.Content.ReadAsStringAsync());
        // The storage still holds both requests: only the service can have ended them.
        await Eventually.HoldsAsync(() => Task.FromResult(
            Rig.Google.Drive.Journal.Entries.Count(one => one.Aborted && one.Faults.Contains("hold")) == 2));
        await Eventually.HoldsAsync(async () => (await CountAsync(tenant)).All(count => count == 0));
        Assert.All(held, one => one.Release());
        Assert.Equal(["in.bin"], (await Rig.Google.FilesAsync()).Select(file => file.Path));
    }

    [Fact]
    public async Task No_secret_of_a_storage_is_in_an_answer_a_log_an_event_or_what_a_backup_has()
    {
        const string canary = "canary-in-the-body-of-an-error";
        var signIn = await Rig.Google.SignInAsync();
        var google = (await AddAsync(Client, "/api/connections", new { kind = "google-drive", title = "Drive", refreshToken = signIn }))
            .GetProperty("id").GetString()!;
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        var refusal = FaultAction.Status(500) with { Message = canary };
        // Failures of all kinds are written down: at lists, pieces, sessions, downloads and sign-ins.
        _ = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Nth = 2 }, refusal);
        _ = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "upload_id", Nth = 2 }, refusal);
        _ = Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "^/upload/", Nth = 2 }, refusal);
        _ = Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "^/upload/", Nth = 3 }, FaultAction.ResetBeforeReply());
        _ = Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "^/download/", Nth = 2 }, refusal);
        _ = Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "createUploadSession" }, refusal);
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 900_000));
        var transfers = new List<string>();
        foreach (var (source, destination, folder, item) in new (string?, string?, string, Func<Task<string>>)[]
        {
            (null, google, "root", () => Task.FromResult(entry)),
            (google, microsoft, "root", () => OneDriveRig.FindAsync(Client, google, "root", "a.bin")),
            (microsoft, null, into, () => OneDriveRig.FindAsync(Client, microsoft, "root", "a.bin")),
        })
        {
            transfers.Add(await places.StartAsync(source, destination, folder, await item()));
            await places.DoneAsync(transfers[^1]);
        }

        var draft = new { source = new { items = new[] { entry } }, destination = new { connection = google, folder = "root" } };
        _ = await AddAsync(Client, "/api/schedules", new { title = "nightly", cron = "0 3 * * *", transfer = draft });
        _ = await AddAsync(Client, "/api/templates", new { title = "again", transfer = draft });
        await Rig.ApplyAsync(new { kind = "revokeSignIn", account = OneDriveRig.Ben });
        Rig.Graph.Switches.Set("acceptAnyToken", false);
        using (var test = await Client.PostAsync($"/api/connections/{microsoft}/test", null))
            _ = await test.Content.ReadAsStringAsync();

        HashSet<string> secrets = [.. Secrets(), canary, signIn, "the-secret"];
        Assert.True(secrets.Count >= 8, string.Join('\n', secrets));
        var texts = new List<string>(places.Service.Log.All);
        foreach (var path in new[]
        {
            "/api/connections", $"/api/connections/{google}", $"/api/connections/{microsoft}", $"/api/connections/{google}/items",
            "/api/transfers", "/api/transfers/stats", "/api/schedules", "/api/templates", "/api/audit?limit=200", "/api/history",
        }.Concat(transfers.SelectMany(id => new[] { "", "/items", "/events", "/calls?limit=200", "/report", "/report?format=json" }
            .Select(part => $"/api/transfers/{id}{part}"))))
        {
            texts.Add($"{path}: {await Client.GetStringAsync(path)}");
        }

        texts.AddRange(await RowsAsync());
        // Bytes are shown in hexadecimal.
        foreach (var secret in secrets.SelectMany(one => new[] { one, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(one)) }))
            Assert.All(texts, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    /// <summary>The secrets that the storages received: tokens, and addresses that need none.</summary>
    private IEnumerable<string> Secrets()
    {
        foreach (var entry in Rig.Google.Drive.Journal.Entries.Concat(Rig.Graph.Journal.Entries))
        {
            if (entry.Request.TryGetValue("Authorization", out var header) && header.StartsWith("Bearer ", StringComparison.Ordinal))
                yield return header["Bearer ".Length..];
            foreach (var before in new[] { "upload_id=", "/upload/", "/download/" })
            {
                var at = entry.Path.StartsWith("/upload/drive", StringComparison.Ordinal) && before[0] == '/'
                    ? -1
                    : entry.Path.IndexOf(before, StringComparison.Ordinal);
                if (at >= 0)
                    yield return entry.Path[(at + before.Length)..].Split('&', '?')[0];
            }
        }
    }

    /// <summary>All rows of the ledger as text, which is what a dump has.</summary>
    private async Task<IReadOnlyList<string>> RowsAsync()
    {
        await using var database = new NpgsqlConnection(places.Service.ConnectionString);
        var tables = await database.QueryAsync<string>(
            "select quote_ident(tablename) from pg_tables where schemaname = current_schema()");
        var rows = new List<string>();
        foreach (var table in tables)
            rows.AddRange(await database.QueryAsync<string>($"select '{table}: ' || t::text from {table} t"));
        Assert.Contains(rows, row => row.StartsWith("connections: ", StringComparison.Ordinal));
        return rows;
    }

    /// <summary>Connections, transfers, schedules, templates and work of a tenant.</summary>
    private async Task<IReadOnlyList<long>> CountAsync(string tenant)
    {
        await using var database = new NpgsqlConnection(places.Service.ConnectionString);
        return
        [
            .. await database.QueryAsync<long>("""
                select count(*) from connections where tenant = @tenant
                union all select count(*) from transfers where tenant = @tenant
                union all select count(*) from transfer_schedules where tenant = @tenant
                union all select count(*) from transfer_templates where tenant = @tenant
                union all select count(*) from work w where w.kind like 'transfer%'
                """, new { tenant }),
        ];
    }

    private async Task<string> ConnectAsync(User user, string tenant)
    {
        var connection = new Connection(
            Guid.NewGuid(), tenant, user.Subject, "google-drive", "Drive", null, ConnectionState.Ready, default, default);
        var secret = new ConnectionSecret(SecretKind.RefreshToken, await Rig.Google.SignInAsync(), null, null);
        Assert.True(await places.Service.Services.GetRequiredService<IConnectionLedger>().AddAsync(connection, secret, 10, default));
        return connection.Id.ToString("n");
    }

    private static async Task<JsonElement> AddAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        return await TransferRig.ReadAsync(answer, 201);
    }
}

/// <summary>A removed tenant is emptied by a job.</summary>
public sealed class RemovalPlaces : TransferPlaces
{
    internal override IReadOnlyDictionary<string, string> Settings => TestService.WithJobs;
}
