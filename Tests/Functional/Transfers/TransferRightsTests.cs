using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Access to connections and transfers, removal with a user, and secrets.</summary>
public sealed class TransferRightsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TransferRig _rig = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        _service = await TestService.StartAsync(postgres, _rig.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task An_api_key_adds_no_connection()
    {
        var people = new TestPeople(_service);
        using var key = await people.ClientAsync(await people.UserAsync("ann", Role.Member));
        using var answer = await key.PostAsJsonAsync(
            "/api/connections", new { kind = "google-drive", refreshToken = await _rig.SignInAsync() });
        Assert.Equal("not_permitted", (await TransferRig.ReadAsync(answer, 403)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_refused_secret_is_not_kept()
    {
        using var answer = await _service.Client.PostAsJsonAsync(
            "/api/connections", new { kind = "google-drive", refreshToken = "1//no-such-token" });
        Assert.Equal("connection_failed", (await TransferRig.ReadAsync(answer, 409)).GetProperty("code").GetString());
        var list = await _service.Client.GetFromJsonAsync<JsonElement>("/api/connections");
        Assert.Equal(0, list.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Secrets_are_neither_stored_nor_shown_nor_logged()
    {
        var connection = await _rig.ConnectAsync(_service.Client);
        var entry = await TransferRig.PutAsync(_service.Client, "a.bin", TransferRig.Bytes(1, 600_000));
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var transfer = (await TransferRig.TransferAsync(_service.Client, connection, null, entry)).GetProperty("id").GetString()!;
        await held.Reached;
        await using (var database = new NpgsqlConnection(_service.ConnectionString))
        {
            var stored = await database.QuerySingleAsync<string>("""
                select (select json_agg(c)::text from connections c) || (select json_agg(i)::text from transfer_items i)
                       || (select json_agg(e)::text from transfer_events e)
                """);
            Assert.DoesNotContain("upload_id", stored, StringComparison.Ordinal);
            Assert.DoesNotContain("tok-", stored, StringComparison.Ordinal);
        }

        held.Release();
        await TransferRig.UntilAsync(_service.Client, transfer, "done");
        foreach (var path in new[] { "", "/items", "/events", "/calls", "/report" })
        {
            var shown = await _service.Client.GetStringAsync($"/api/transfers/{transfer}{path}");
            Assert.DoesNotContain("upload_id", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("tok-", shown, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(_service.Log.All, line => line.Contains("upload_id=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("disabled user")]
    [InlineData("suspended tenant")]
    [InlineData("lower role")]
    [InlineData("ended key")]
    public async Task A_file_on_its_way_stops_and_waits_when_a_right_of_its_owner_ends(string end)
    {
        const string tenant = "acme";
        await Service<IPeopleLedger>().AddTenantAsync(tenant, "Acme", default);
        var people = new TestPeople(_service);
        var user = await people.UserAsync("ann", Role.Member, tenant);
        using var client = await people.ClientAsync(user, tenant);
        var key = Guid.Parse(client.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single());
        var connection = new Connection(
            Guid.NewGuid(), tenant, user.Subject, "google-drive", "Drive", null, ConnectionState.Ready, default, default);
        var secret = new ConnectionSecret(SecretKind.RefreshToken, await _rig.SignInAsync(), null, null);
        Assert.True(await Service<IConnectionLedger>().AddAsync(connection, secret, 10, default));
        var entry = await TransferRig.PutAsync(client, "e.bin", TransferRig.Bytes(3, 900_000));
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var made = await TransferRig.TransferAsync(client, connection.Id.ToString("n"), null, entry);
        var id = Guid.Parse(made.GetProperty("id").GetString()!);
        await held.Reached;
        await SetAsync(ended: true);

        // The storage still holds the request: only the service itself can have stopped.
        await Eventually.HoldsAsync(async () => (await GetAsync()).Wait?.Reason == WaitReason.Rights);
        var item = Assert.Single(await Service<ITransferLedger>().ItemsAsync(id, null, null, 0, 10, default));
        Assert.Equal((TransferItemState.Queued, 256L << 10), (item.State, item.Position));
        held.Release();
        if (end == "ended key")
            return;
        await SetAsync(ended: false);
        using var resumed = await client.PostAsync($"/api/transfers/{id:n}/resume", null);
        await TransferRig.ReadAsync(resumed, 200);
        await Eventually.HoldsAsync(async () => (await GetAsync()).State == TransferState.Done);

        async Task<Transfer> GetAsync() => (await Service<ITransferWorkLedger>().GetAsync(id, default))!;

        Task SetAsync(bool ended) => end switch
        {
            "disabled user" => Service<IPeopleLedger>().ChangeUserAsync(user.Id, null, null, null, enabled: !ended, default),
            "suspended tenant" => Service<IPeopleLedger>().ChangeTenantAsync(tenant, null, suspended: ended, default),
            "lower role" => Service<IPeopleLedger>().SetRoleAsync(user.Id, tenant, ended ? Role.Viewer : Role.Member, default),
            _ => Service<IPeopleLedger>().RevokeKeyAsync(tenant, key, default),
        };
    }

    [Fact]
    public async Task Removing_a_connection_cancels_what_uses_it()
    {
        var connection = await _rig.ConnectAsync(_service.Client);
        var entry = await TransferRig.PutAsync(_service.Client, "b.bin", TransferRig.Bytes(2, 600_000));
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var transfer = (await TransferRig.TransferAsync(_service.Client, connection, null, entry)).GetProperty("id").GetString()!;
        await held.Reached;
        using var removed = await _service.Client.DeleteAsync($"/api/connections/{connection}");
        Assert.Equal(204, (int)removed.StatusCode);
        held.Release();
        var cancelled = await TransferRig.UntilAsync(_service.Client, transfer, "cancelled");
        Assert.Equal("Its connection was removed.", cancelled.GetProperty("reason").GetString());
        Assert.Contains(_rig.Drive.Journal.Entries, one => one.Operation == "oauth.revoke");
    }

    [Fact]
    public async Task An_admin_sees_that_a_transfer_of_others_is_there_and_not_what_it_moves()
    {
        var people = new TestPeople(_service);
        var user = await people.UserAsync("mia", Role.Member);
        using var owner = await people.ClientAsync(user);
        using var admin = await people.ClientAsync(await people.UserAsync("eve", Role.Admin));
        using var made = await owner.PostAsJsonAsync("/api/transfers", new
        {
            label = "weekly",
            plan = true,
            source = new { items = new[] { await TransferRig.PutAsync(owner, "drone scan.zip", [1]) } },
            destination = new { folder = await OneDriveRig.MakeFolderAsync(owner, "for Ben") },
            options = new { exclude = new[] { "canary" }, without = new[] { "canary" } },
        });
        var id = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString();
        foreach (var (client, sees) in new[] { (owner, true), (admin, false) })
        {
            var text = await client.GetStringAsync("/api/transfers");
            Assert.Contains(id!, text, StringComparison.Ordinal);
            Assert.Equal(sees, text.Contains("canary", StringComparison.Ordinal));
            Assert.Equal(sees, text.Contains("for Ben", StringComparison.Ordinal));
            foreach (var search in new[] { "drone", "for+Ben" })
            {
                var found = await client.GetStringAsync($"/api/transfers?search={search}");
                Assert.Equal(sees, found.Contains(id!, StringComparison.Ordinal));
            }

            Assert.Contains(id!, await client.GetStringAsync("/api/transfers?search=weekly"), StringComparison.Ordinal);
        }
    }

    private T Service<T>()
        where T : notnull => _service.Services.GetRequiredService<T>();
}
