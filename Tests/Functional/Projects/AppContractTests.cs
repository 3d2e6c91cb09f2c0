using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>
/// Two apps that know only the contract of projects, with plain HTTP and WebSockets, one on each side: they share a folder, ask for a file
/// and move it. Every field that the contract names is compared word for word; further fields are ignored, as an app does.
/// </summary>
[Collection(Api.DeviceCollection.Name)]
public sealed partial class AppContractTests(Api.ApiFixture fixture)
{
    private const string Path = "/line-14/raw/a.xtf";
    private const int Size = 10_000_000;

    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task Two_apps_that_know_only_the_contract_move_a_file()
    {
        var content = RandomNumberGenerator.GetBytes(Size);
        var hash = Convert.ToHexString(SHA256.HashData(content));
        var people = new TestPeople(_service);
        var ines = await people.UserAsync($"Ines{Guid.NewGuid():n}", Role.Member);
        using var ownerClient = await people.ClientAsync(await people.UserAsync($"Mara{Guid.NewGuid():n}", Role.Member));
        using var memberClient = await people.ClientAsync(ines);
        var (owner, member) = (new App(ownerClient), new App(memberClient));

        // A project, a device, a folder, and what is in it.
        var project = await owner.SendAsync("POST", "/api/projects", new { name = "Skagen 2026", unknown = "is ignored" }, 201);
        var at = $"/api/projects/{Id(project, "id")}";
        var device = Id(await owner.SendAsync(
            "POST", "/api/devices", new { name = "Mara's laptop", platform = "linux", version = "1.0", addresses = new[] { "192.0.2.7" } },
            201), "id");
        await owner.SendAsync("PATCH", $"/api/devices/{device}", new { name = "Laptop of Mara" }, 200);
        await owner.SendAsync("POST", $"{at}/folders", new { id = Guid.NewGuid(), device_id = device, place = "/line-14" }, 200);
        await using var ownerHears = await owner.ListenAsync(_service, $"{at}/events/ws");
        var updated = await owner.SendAsync("POST", $"{at}/files/update", new
        {
            device_id = device,
            base_sequence = 0,
            batch_id = Guid.NewGuid(),
            snapshot = new { id = Guid.NewGuid(), last = true },
            changes = new object[]
            {
                Upsert(Path, Size, hash), Upsert("/line-14/old.txt", 3, null), Upsert("/line-14/gone.txt", 3, null),
                new { op = "upsert", path = "/line-14/../x", size = 1, modified_at = "2026-01-15T09:30:12Z" },
            },
        }, 200);
        Has(updated, "sequence", "accepted", "rejected");
        Assert.Equal(3, updated.GetProperty("accepted").GetInt32());
        var rejected = Assert.Single(updated.GetProperty("rejected").EnumerateArray());
        Has(rejected, "path", "code");

        // A snapshot is one event: the list is to be read. Then the member joins.
        Has(await ownerHears.UntilAsync("resync"), "sequence");
        var link = (await owner.SendAsync("POST", $"{at}/invitations", new { }, 201)).GetProperty("link").GetString()!;
        var joined = await member.SendAsync("POST", "/api/projects/join", new { token = link.Split('/')[^1] }, 200);
        Assert.Equal(Id(project, "id"), Id(joined, "id"));
        Has(await ownerHears.UntilAsync("member_joined"), "member");
        await using var memberHears = await member.ListenAsync(_service, $"{at}/events/ws");
        Has((await member.SendAsync("GET", $"{at}/members", null, 200)).GetProperty("members")[0], "subject", "name", "can_change");

        // The list, in every order.
        var sequence = 0L;
        foreach (var sort in new[] { "", "&sort=path", "&sort=-modified_at", "&sort=-size" })
        {
            var page = await member.SendAsync("GET", $"{at}/files-paginated?limit=2&path=/line-14&search=t{sort}", null, 200);
            Has(page, "files", "next_cursor", "sequence");
            sequence = page.GetProperty("sequence").GetInt64();
            foreach (var file in page.GetProperty("files").EnumerateArray())
                Has(file, "path", "size", "hash", "mime_type", "modified_at", "device_id", "online");
            var rest = await member.SendAsync(
                "GET", $"{at}/files-paginated?limit=2&path=/line-14&search=t{sort}&cursor={page.GetProperty("next_cursor").GetString()}",
                null, 200);
            Assert.Equal(3, page.GetProperty("files").GetArrayLength() + rest.GetProperty("files").GetArrayLength());
        }

        // Changes, as events one by one and as rows.
        await owner.SendAsync("POST", $"{at}/files/update", new
        {
            device_id = device,
            base_sequence = updated.GetProperty("sequence").GetInt64(),
            batch_id = Guid.NewGuid(),
            changes = new object[]
            {
                new { op = "delete", path = "/line-14/gone.txt" },
                new { op = "move", from = "/line-14/old.txt", path = "/line-14/new.txt", size = 3, modified_at = "2026-01-15T09:30:12Z" },
            },
        }, 200);
        await memberHears.UntilAsync("file_deleted", "/line-14/gone.txt");
        Has(await memberHears.UntilAsync("file_added", "/line-14/new.txt"), "path", "size");
        var events = await member.SendAsync("GET", $"{at}/project_events?since={sequence}", null, 200);
        Assert.NotEmpty(events.GetProperty("events").EnumerateArray());
        await member.SendAsync("GET", $"{at}/project_events?since={long.MaxValue}", null, 409, "resync");

        // The request, its answer, and what the source hears.
        await member.SendAsync("POST", $"{at}/files/download", Ask(new string('0', 64)), 409, "file_changed");
        var asked = await member.SendAsync("POST", $"{at}/files/download", Ask(hash), 200);
        Has(asked, "success", "download_id", "file", "transfer_info");
        Has(asked.GetProperty("file"), "path", "size", "hash", "mime_type");
        var info = asked.GetProperty("transfer_info");
        Has(info, "protocol", "source_device_id", "expires_at", "way", "address");
        Assert.Equal(("http", "relay", device), (
            info.GetProperty("protocol").GetString(), info.GetProperty("way").GetString(), Id(info, "source_device_id")));
        var transfer = $"{at}/transfers/{Id(asked, "download_id")}";
        Assert.Equal($"{transfer}/content", info.GetProperty("address").GetString());
        var row = await member.SendAsync("GET", transfer, null, 200);
        Row(row);
        Assert.Equal(("pending", "waiting", 1, 0L), (
            row.GetProperty("status").GetString(), row.GetProperty("approval").GetString(), row.GetProperty("attempt").GetInt32(),
            row.GetProperty("bytes_transferred").GetInt64()));
        await owner.SendAsync("POST", $"{transfer}/approve", new { }, 200);
        var requested = await ownerHears.UntilAsync("file_requested");
        Has(requested, "transfer_id", "message", "size");
        Assert.Equal($"User {ines.DisplayName} requested a.xtf (size: 10MB)", requested.GetProperty("message").GetString());
        Row(Assert.Single((await owner.SendAsync("GET", $"{at}/transfers?status=pending&mine=serving", null, 200))
            .GetProperty("transfers").EnumerateArray()));

        // A device that returns is notified again.
        await using (var back = await owner.ListenAsync(_service, $"{at}/events/ws"))
            Assert.Equal(Id(requested, "transfer_id"), Id(await back.UntilAsync("file_requested"), "transfer_id"));

        // The source claims it and sends a session; the receiver follows.
        var early = await member.GetAsync($"{transfer}/content");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (early.StatusCode, early.Headers.GetValues("Retry-After").Single()));
        await owner.SendAsync("PATCH", transfer, new { status = "in_progress", attempt = 1 }, 200);
        var session = (await owner.SendAsync(
            "POST", "/api/sessions", new { fileName = "any", size = Size, transferId = Id(asked, "download_id") }, 201))
            .GetProperty("id").GetString();
        var half = Size / 2;
        await owner.PutAsync($"/api/sessions/{session}/chunks/0", content[..half]);
        await owner.SendAsync("PATCH", transfer, new { attempt = 1, bytes_transferred = half }, 200);
        using var first = await member.GetAsync($"{transfer}/content", new RangeHeaderValue(0, half - 1));
        Assert.Equal(HttpStatusCode.PartialContent, first.StatusCode);
        Assert.Equal($"bytes 0-{half - 1}/{Size}", first.Content.Headers.ContentRange!.ToString());
        var got = await first.Content.ReadAsByteArrayAsync();
        var progress = await memberHears.UntilAsync("file_transfer_progress");
        Has(progress, "transfer_id", "file_path", "status", "percent", "speed_mbps", "eta_seconds");
        Assert.Equal(("in_progress", Path), (progress.GetProperty("status").GetString(), progress.GetProperty("file_path").GetString()));
        await owner.PutAsync($"/api/sessions/{session}/chunks/{half}", content[half..]);
        await owner.SendAsync("POST", $"/api/sessions/{session}/complete", new { sha256 = hash.ToLowerInvariant() }, 200);
        await owner.SendAsync("PATCH", transfer, new { status = "completed", attempt = 1, hash }, 200);
        using var rest2 = await member.GetAsync(
            $"{transfer}/content", new RangeHeaderValue(half, null), first.Headers.ETag!.ToString());
        got = [.. got, .. await rest2.Content.ReadAsByteArrayAsync()];
        Assert.Equal(content, got);

        // The receiver reports it, with its own digest.
        await member.SendAsync(
            "PATCH", transfer, new { status = "completed", attempt = 1, hash = new string('0', 64) }, 409, "hash_mismatch");
        var done = new { status = "completed", attempt = 1, completed_at = "2026-01-15T09:31:12.5Z", hash = hash.ToUpperInvariant() };
        await Eventually.HoldsAsync(async () => (await member.StatusAsync("PATCH", transfer, done)) == 200);
        row = await member.SendAsync("PATCH", transfer, done, 200);
        Row(row);
        Assert.Equal(("completed", (long)Size, 100.0, hash.ToLowerInvariant()), (
            row.GetProperty("status").GetString(), row.GetProperty("bytes_transferred").GetInt64(),
            row.GetProperty("percent_complete").GetDouble(), row.GetProperty("file_hash").GetString()));
        var complete = await memberHears.UntilAsync("file_transfer_complete");
        Has(complete, "transfer_id", "file_path", "hash", "size", "completed_at");
        Assert.Equal(hash, complete.GetProperty("hash").GetString(), ignoreCase: true);
        await member.SendAsync("DELETE", transfer, null, 409, "transfer_ended");
        await member.SendAsync("POST", $"{transfer}/retry", null, 409, "not_failed");

        // One that fails, and is started again.
        var other = $"{at}/transfers/" + Id(await member.SendAsync(
            "POST", $"{at}/files/download", new { file_path = "/line-14/new.txt", request_mode = "delta" }, 200), "download_id");
        await member.SendAsync("PATCH", other, new { status = "failed", error_message = "No room here." }, 200);
        var failed = await memberHears.UntilAsync("file_transfer_failed");
        Has(failed, "transfer_id", "file_path", "error_message");
        Assert.Equal(2, (await member.SendAsync("POST", $"{other}/retry", null, 200)).GetProperty("attempt").GetInt32());
        Assert.Equal("cancelled", (await member.SendAsync("DELETE", other, null, 200)).GetProperty("status").GetString());

        // The speed is in MiB a second.
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(
            """
            update chunkupload.file_transfers set total_bytes = 524288000, bytes_transferred = 524288000,
                started_at = completed_at - interval '40 s' where id = @Id
            """,
            new { Id = Guid.Parse(Id(asked, "download_id")) });
        Assert.Equal(12.5, (await member.SendAsync("GET", transfer, null, 200)).GetProperty("speed_mbps").GetDouble());

        // The member goes.
        await owner.SendAsync("DELETE", $"{at}/members/{ines.Subject}", null, 204);
        await ownerHears.UntilAsync("member_left");
        await member.SendAsync("GET", at, null, 404, "no_such_project");
    }

    [Theory]
    [InlineData("projects", "id")]
    [InlineData("devices", "id name platform")]
    [InlineData("remote_files", "project_id size hash mime_type modified_at")]
    [InlineData("project_events", "project_id sequence type data created_at")]
    [InlineData("file_transfers", "id project_id requester_id file_path file_hash source_device_id status requested_at started_at "
        + "completed_at bytes_transferred total_bytes error_message created_at")]
    [InlineData("file_transfer_events", "id transfer_id event_type event_data created_at")]
    public async Task The_tables_have_the_columns_of_the_contract(string table, string columns)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        var there = (await connection.QueryAsync<string>(
            "select column_name from information_schema.columns where table_schema = 'chunkupload' and table_name = @table", new { table }))
            .ToHashSet();
        Assert.All(columns.Split(' '), column => Assert.Contains(column, there));
        var indexes = (await connection.QueryAsync<string>(
            "select indexname from pg_indexes where schemaname = 'chunkupload' and tablename = 'file_transfers'")).ToHashSet();
        Assert.All(new[] { "project_id", "requester_id", "status" }, name => Assert.Contains($"idx_file_transfers_{name}", indexes));
    }

    private static object Upsert(string path, long size, string? hash) => new
    {
        op = "upsert",
        path,
        size,
        hash,
        mime_type = "application/octet-stream",
        modified_at = "2026-01-15T09:30:12.000Z",
        mode = 420,
    };

    private static object Ask(string hash) => new { file_path = Path, file_hash = hash, request_mode = "full", unknown = 1 };

    private static void Row(JsonElement row)
    {
        Has(
            row, "id", "status", "approval", "attempt", "file_path", "file_hash", "bytes_transferred", "total_bytes", "percent_complete",
            "speed_mbps", "eta_seconds", "source_device", "transfer_info", "requested_at", "started_at", "completed_at", "error_message");
        Has(row.GetProperty("source_device"), "id", "name", "online");
    }

    private static void Has(JsonElement json, params string[] names) =>
        Assert.All(names, name => Assert.True(json.TryGetProperty(name, out _), name));

    private static string Id(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    /// <summary>Ids with dashes and times with Z, wherever they stand.</summary>
    private static void Look(JsonElement json, string name)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in json.EnumerateObject())
                {
                    Assert.Matches(SnakeCase, field.Name);
                    Look(field.Value, field.Name);
                }

                break;
            case JsonValueKind.Array:
                foreach (var one in json.EnumerateArray())
                    Look(one, name);
                break;
            case JsonValueKind.String when name is "id" || name.EndsWith("_id", StringComparison.Ordinal):
                Assert.True(Guid.TryParseExact(json.GetString(), "d", out _), $"{name}: {json.GetString()}");
                break;
            case JsonValueKind.String when name.EndsWith("_at", StringComparison.Ordinal):
                Assert.Matches(Time, json.GetString()!);
                break;
            default:
                break;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex SnakeCase { get; }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex Time { get; }
}
