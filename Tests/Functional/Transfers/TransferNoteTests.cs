using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Notifications to the owner of a transfer: in the console, by mail and by webhooks; and the figures.</summary>
public sealed class TransferNoteTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Address = "ann@example.org";

    private TransferRig _rig = null!;
    private TestService _service = null!;
    private MailServer _mail = null!;
    private HttpClient _client = null!;
    private string _connection = null!;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        _mail = MailServer.Start();
        var settings = new Dictionary<string, string>(_rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:FullPause"] = "01:00:00",
            ["Webhooks:AllowPrivateNetworks"] = "true",
        };
        foreach (var (key, value) in _mail.Settings())
            settings[key] = value;
        _service = await TestService.StartAsync(postgres, settings);
        var people = new TestPeople(_service);
        var ann = await people.UserAsync("ann", Role.Member);
        await Service<IPeopleLedger>().ChangeUserAsync(ann.Id, null, Address, null, null, default);
        _client = await people.ClientAsync(ann);
        var connection = new Connection(
            Guid.NewGuid(), Caller.DefaultTenant, ann.Subject, "google-drive", "Ann's Drive", null, ConnectionState.Ready, default,
            default);
        var secret = new ConnectionSecret(SecretKind.RefreshToken, await _rig.SignInAsync(), null, null);
        Assert.True(await Service<IConnectionLedger>().AddAsync(connection, secret, 10, default));
        _connection = connection.Id.ToString("n");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _service.DisposeAsync();
        await _mail.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_notice_stays_until_its_owner_has_seen_it()
    {
        var transfer = await StartAsync("a.bin", null);
        var done = await TransferRig.UntilAsync(_client, transfer, "done");
        Assert.Equal("done", done.GetProperty("notice").GetString());
        var notices = await _client.GetFromJsonAsync<JsonElement>("/api/transfers?notice=true");
        Assert.Equal(transfer, Assert.Single(notices.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        // An admin is shown only what is his own.
        var theirs = await _service.Client.GetFromJsonAsync<JsonElement>("/api/transfers?notice=true");
        Assert.Equal(0, theirs.GetProperty("items").GetArrayLength());
        using var foreign = await _service.Client.DeleteAsync($"/api/transfers/{transfer}/notice");
        Assert.Equal(404, (int)foreign.StatusCode);
        using var seen = await _client.DeleteAsync($"/api/transfers/{transfer}/notice");
        Assert.Equal(204, (int)seen.StatusCode);
        notices = await _client.GetFromJsonAsync<JsonElement>("/api/transfers?notice=true");
        Assert.Equal(0, notices.GetProperty("items").GetArrayLength());
        Assert.Empty(_mail.Received);
    }

    [Fact]
    public async Task Its_options_say_how_its_owner_is_told()
    {
        var transfer = await StartAsync("a.bin", new { notes = new { done = new[] { "mail" }, failed = Array.Empty<string>() } });
        var done = await TransferRig.UntilAsync(_client, transfer, "done");
        Assert.Equal(JsonValueKind.Null, done.GetProperty("notice").ValueKind);
        Assert.Equal(["notice", "mail"], done.GetProperty("options").GetProperty("notes").GetProperty("needsOwner").EnumerateArray()
            .Select(way => way.GetString()));
        await Eventually.HoldsAsync(() => Task.FromResult(_mail.Received.Count > 0));
        var mail = Assert.Single(_mail.Received);
        Assert.Contains(Address, mail.Text, StringComparison.Ordinal);
        Assert.Contains($"https://files.example.org/console/#/transfers/{transfer}", mail.Text, StringComparison.Ordinal);

        using var refused = await _client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { items = new[] { "x" } },
            destination = new { connection = _connection, folder = "root" },
            options = new { notes = new { done = new[] { "pigeon" } } },
        });
        Assert.Equal("invalid_field", (await TransferRig.ReadAsync(refused, 400)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_ended_sign_in_is_mailed_once_with_the_link_to_its_button_and_again_after_it_was_renewed()
    {
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        var first = await StartAsync("a.bin", null);
        await held.Reached;
        var second = await StartAsync("b.bin", null);
        await RevokeAsync();
        held.Release();
        foreach (var transfer in new[] { first, second })
            await UntilAsync(transfer, "sign_in");
        await Eventually.HoldsAsync(() => Task.FromResult(_mail.Received.Count > 0));
        await NoMailWaitsAsync();
        var mail = Assert.Single(_mail.Received);
        Assert.Contains("Sign in again: Ann's Drive", mail.Text, StringComparison.Ordinal);
        Assert.Contains($"https://files.example.org/console/#/connections/renew/{_connection}", mail.Text, StringComparison.Ordinal);
        Assert.Equal("needs_owner", (await TransferRig.GetAsync(_client, first)).GetProperty("notice").GetString());

        await RenewAsync();
        foreach (var transfer in new[] { first, second })
            await TransferRig.UntilAsync(_client, transfer, "done");
        var again = _rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        var third = await StartAsync("c.bin", null);
        await again.Reached;
        await RevokeAsync();
        again.Release();
        await UntilAsync(third, "sign_in");
        await Eventually.HoldsAsync(() => Task.FromResult(_mail.Received.Count == 2));
        await RenewAsync();
        await TransferRig.UntilAsync(_client, third, "done");
    }

    [Fact]
    public async Task A_webhook_gets_what_it_asks_for_of_transfers()
    {
        await using var receiver = await HookReceiver.StartAsync();
        using var made = await _service.Client.PostAsJsonAsync(
            "/api/webhooks", new { url = receiver.Url, events = new[] { "transfer_done", "transfer_needs_owner" } });
        await TransferRig.ReadAsync(made, 201);
        var transfer = await StartAsync("a.bin", null);
        await TransferRig.UntilAsync(_client, transfer, "done");
        await Eventually.HoldsAsync(() => Task.FromResult(receiver.Received.Count > 0));
        var body = JsonElement.Parse(receiver.Received[0].Body);
        Assert.Equal("transfer_done", body.GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, body.GetProperty("upload").ValueKind);
        Assert.Equal(("transfer", transfer), (
            body.GetProperty("topic").GetProperty("kind").GetString(), body.GetProperty("topic").GetProperty("id").GetString()));
        Assert.Equal(1, body.GetProperty("data").GetProperty("files").GetProperty("done").GetInt32());
    }

    [Fact]
    public async Task The_figures_say_what_was_moved_what_failed_what_was_compared_and_for_what_it_waited()
    {
        var done = await StartAsync("a.bin", null);
        await TransferRig.UntilAsync(_client, done, "done");
        var unlucky = _rig.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "uploadType", Times = 100 }, FaultAction.Status(403, "cannotAddParent"));
        var failed = await StartAsync("b.bin", null);
        await TransferRig.UntilAsync(_client, failed, "failed");
        _rig.Drive.Faults.Remove(unlucky.Id);
        await ApplyAsync(new { kind = "quota", bytes = 1000 });
        var waits = await StartAsync("c.bin", null);
        await UntilAsync(waits, "quota");

        var figures = await _client.GetFromJsonAsync<JsonElement>("/api/transfers/stats?days=7");
        Assert.Equal((1, 1, 1), (Number("states", "done"), Number("states", "failed"), Number("states", "waiting")));
        var day = Assert.Single(figures.GetProperty("byDay").EnumerateArray());
        Assert.Equal((1, 1, 1, 600_000), (
            day.GetProperty("done").GetInt32(), day.GetProperty("failed").GetInt32(), day.GetProperty("files").GetInt32(),
            day.GetProperty("bytes").GetInt32()));
        var route = Assert.Single(figures.GetProperty("byConnection").EnumerateArray());
        Assert.Equal((3, 1, 1, _connection), (
            route.GetProperty("transfers").GetInt32(), route.GetProperty("files").GetInt32(), route.GetProperty("failed").GetInt32(),
            route.GetProperty("destination").GetString()));
        var failure = Assert.Single(figures.GetProperty("failures").EnumerateArray());
        Assert.Equal(1, failure.GetProperty("files").GetInt32());
        Assert.False(string.IsNullOrEmpty(failure.GetProperty("reason").GetString()));
        Assert.Equal(1, Number("verified", "sha256"));
        Assert.True(figures.GetProperty("waitedSeconds").TryGetProperty("quota", out _));
        foreach (var paces in new[] { day, route })
        {
            Assert.InRange(paces.GetProperty("retries").GetInt64(), 1, 100);
            Assert.InRange(paces.GetProperty("medianSeconds").GetDouble(), 0, double.MaxValue);
            Assert.InRange(paces.GetProperty("bytesPerSecond").GetInt64(), 1, long.MaxValue);
        }

        // By day and route as CSV, and as metrics by the kinds of both ends.
        using (var file = await _client.GetAsync("/api/transfers/stats?format=csv"))
        {
            Assert.Equal("attachment; filename=\"transfers.csv\"", file.Content.Headers.ContentDisposition?.ToString());
            var lines = (await file.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(2, lines.Length);
            Assert.Equal(
                "day,source,destination,done,partlyDone,failed,cancelled,files,bytes,retries,medianSeconds,bytesPerSecond", lines[0]);
            Assert.Contains($",,{_connection},1,0,1,0,1,600000,", lines[1], StringComparison.Ordinal);
        }

        using (var wrong = await _client.GetAsync("/api/transfers/stats?format=xml"))
            Assert.Equal(400, (int)wrong.StatusCode);
        var metrics = await _service.Client.GetStringAsync("/metrics");
        const string Ends = "source=\"own\",destination=\"google-drive\"";
        Assert.Contains($"chunkupload_transfers_copied_bytes_total{{{Ends}}} 600000\n", metrics, StringComparison.Ordinal);
        Assert.Contains("chunkupload_transfers_retries_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("chunkupload_transfers_file_duration_seconds_count{", metrics, StringComparison.Ordinal);

        // An admin sees how many failed, and not what is said of the files of others.
        var tenants = await _service.Client.GetFromJsonAsync<JsonElement>("/api/transfers/stats");
        Assert.Equal(JsonValueKind.Null, Assert.Single(tenants.GetProperty("failures").EnumerateArray()).GetProperty("reason").ValueKind);
        var system = await _service.Client.GetFromJsonAsync<JsonElement>("/api/system");
        Assert.True(system.TryGetProperty("work", out _));

        int Number(string of, string word) => figures.GetProperty(of).GetProperty(word).GetInt32();
    }

    private async Task<string> StartAsync(string name, object? options)
    {
        var entry = await TransferRig.PutAsync(_client, name, TransferRig.Bytes(name[0], 600_000));
        return (await TransferRig.TransferAsync(_client, _connection, options, entry)).GetProperty("id").GetString()!;
    }

    private Task UntilAsync(string transfer, string reason) => Eventually.HoldsAsync(async () =>
        (await TransferRig.GetAsync(_client, transfer)).GetProperty("wait") is { ValueKind: JsonValueKind.Object } wait
        && wait.GetProperty("reason").GetString() == reason);

    private Task NoMailWaitsAsync() => Eventually.HoldsAsync(async () =>
        (await Service<Core.Work.IWorkLedger>().CountAsync(default)).All(one => one.Kind is not ("mail" or "transfer_mail")));

    private async Task RevokeAsync()
    {
        await ApplyAsync(new { kind = "revokeSignIn", account = TransferRig.Account });
        _rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(false));
    }

    private async Task RenewAsync()
    {
        var subject = (await _client.GetFromJsonAsync<JsonElement>("/api/me")).GetProperty("subject").GetString()!;
        _rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(true));
        Assert.True(await Service<IConnectionLedger>().RenewAsync(
            Caller.DefaultTenant, subject, Guid.Parse(_connection),
            new ConnectionSecret(SecretKind.RefreshToken, await _rig.SignInAsync(), null, null), default));
    }

    private async Task ApplyAsync(object action)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{_rig.Drive.Address}/_control/fault", new { action });
        Assert.True(answer.IsSuccessStatusCode);
    }

    private T Service<T>()
        where T : notnull => _service.Services.GetRequiredService<T>();
}
