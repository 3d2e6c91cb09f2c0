using System.Net;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A device sends a file through the service, and the requester reads it while it comes.</summary>
[Collection(DeviceCollection.Name)]
public sealed class RelayTests(ApiFixture fixture)
{
    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task A_file_is_read_while_it_comes_and_the_hash_completes_it()
    {
        var content = ApiClient.Bytes(300_000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        var transfer = await rig.AskAsync();
        using (var early = await rig.ContentAsync(transfer))
        {
            await ApiClient.ProblemAsync(early, HttpStatusCode.ServiceUnavailable, "not_yet");
            Assert.Equal(TimeSpan.FromSeconds(1), early.Headers.RetryAfter?.Delta);
        }

        var claimed = await rig.ClaimAsync(transfer);
        Assert.Equal(("in_progress", "bytes", AskRig.Agent), (
            claimed.GetProperty("status").GetString(), claimed.GetProperty("waits_for").GetString(),
            claimed.GetProperty("claim").GetGuid()));
        var session = await rig.SessionAsync(transfer, content.Length);
        // The same request again, and the same claim, change nothing.
        Assert.Equal(session, await rig.SessionAsync(transfer, content.Length));
        Assert.Equal(session, (await rig.ClaimAsync(transfer)).GetProperty("relay_session").GetString());
        Assert.False((await rig.RowAsync(transfer)).TryGetProperty("relay_session", out _));
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content[..100_000]));

        using var answer = await rig.ContentAsync(transfer);
        Assert.Equal((HttpStatusCode.OK, content.Length), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Equal($"\"{transfer:n}-1\"", answer.Headers.ETag?.Tag);
        var disposition = answer.Content.Headers.ContentDisposition!;
        Assert.Equal(("attachment", "a.bin"), (disposition.DispositionType, disposition.FileName?.Trim('"')));
        await using var body = await answer.Content.ReadAsStreamAsync();
        var read = new byte[content.Length];
        await body.ReadExactlyAsync(read.AsMemory(0, 100_000));
        // Later bytes, out of order: they are waited for.
        Assert.Equal(201, await rig.ChunkAsync(session, 200_000, content[200_000..]));
        using var rest = await rig.ContentAsync(transfer, 250_000, $"\"{transfer:n}-1\"");
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal("bytes 250000-299999/300000", rest.Content.Headers.ContentRange?.ToString());
        Assert.Equal(content[250_000..], await rest.Content.ReadAsByteArrayAsync());
        var waiting = body.ReadExactlyAsync(read.AsMemory(100_000)).AsTask();
        await Task.Delay(100);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(201, await rig.ChunkAsync(session, 100_000, content[100_000..200_000]));
        await waiting;
        Assert.Equal(content, read);

        // Whole is what the upload says, not the agent.
        await rig.PatchAsync(rig.Mara, transfer, new { status = "completed", attempt = 1, claim = AskRig.Agent });
        var hash = ApiClient.Hex(content);
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash }, 409, "not_sent");
        await rig.CompleteAsync(session);
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", hash = new string('0', 64) }, 409, "hash_mismatch");
        var done = await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash = hash.ToUpperInvariant() });
        Assert.Equal(("completed", hash, 100.0), (
            done.GetProperty("status").GetString(), done.GetProperty("file_hash").GetString(),
            done.GetProperty("percent_complete").GetDouble()));
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash });
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{transfer}", null, 409, "transfer_ended");
        using (var late = await rig.ContentAsync(transfer))
            await ApiClient.ProblemAsync(late, HttpStatusCode.Gone, "transfer_gone");
        Assert.Equal(410, await rig.ChunkAsync(session, 0, content[..100_000]));
        await Eventually.HoldsAsync(async () => await FilesOfAsync(session) == 0);
    }

    [Fact]
    public async Task A_relay_is_in_no_list_event_or_history_and_its_sender_alone_sees_it()
    {
        var content = ApiClient.Bytes(5000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, content.Length);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content[..2000]));
        var seen = await rig.Mara.GetAsync($"/api/sessions/{session}");
        Assert.Equal(transfer.ToString("n"), seen.GetProperty("fileName").GetString());
        // Neither the admins of the tenant nor the requester.
        foreach (var other in new[] { _service.Client, rig.Ines.Client })
        {
            await SendAsync(other, HttpMethod.Get, $"/api/sessions/{session}", null, 404, "not_found");
            await SendAsync(other, HttpMethod.Delete, $"/api/sessions/{session}", null, 404, "not_found");
            await SendAsync(other, HttpMethod.Post, $"/api/sessions/{session}/pause", null, 404, "not_found");
        }

        Assert.Equal(404, await rig.ChunkAsync(session, 2000, content[2000..], rig.Ines));
        Assert.Equal(201, await rig.ChunkAsync(session, 2000, content[2000..]));
        await rig.CompleteAsync(session);
        await SendAsync(rig.Mara.Client, HttpMethod.Get, $"/api/files/{session}/content", null, 404, "not_found");
        foreach (var client in new[] { _service.Client, rig.Mara.Client })
        {
            foreach (var list in new[] { "/api/sessions?limit=200", "/api/files?limit=200" })
            {
                var shown = await SendAsync(client, HttpMethod.Get, list, null, 200);
                Assert.DoesNotContain(session, shown.GetRawText(), StringComparison.Ordinal);
            }
        }

        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.events where upload_id = @id", new { id = Guid.Parse(session) }));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.audit_arrivals where object = @session", new { session }));
        // In the sender's quota while it is there.
        Assert.Equal(content.Length, await UsedAsync(connection, rig.Mara));
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", hash = ApiClient.Hex(content) });
        Assert.Equal(0, await UsedAsync(connection, rig.Mara));
    }

    [Fact]
    public async Task An_attempt_has_one_claim_and_what_comes_late_is_refused()
    {
        var rig = await AskRig.StartAsync(_service, 5000, "always");
        var transfer = await rig.AskAsync();
        await rig.SessionAsync(transfer, 5000, 409, "transfer_claimed");
        await rig.ClaimAsync(transfer, 2, 409, "attempt_over");
        await rig.PatchAsync(rig.Ines, transfer, new { status = "in_progress", attempt = 1 }, 403, "not_permitted");
        await rig.ClaimAsync(transfer);
        var other = Guid.NewGuid();
        await rig.ClaimAsync(transfer, status: 409, code: "transfer_claimed", agent: other);
        await rig.SessionAsync(transfer, 5000, 409, "transfer_claimed", other);
        await rig.SessionAsync(transfer, 4999, 409, "file_changed");
        await SendAsync(
            rig.Ines.Client, HttpMethod.Post, "/api/sessions", new { transferId = transfer, claim = AskRig.Agent, size = 5000 }, 404,
            "no_such_transfer");
        await SendAsync(
            rig.Mara.Client, HttpMethod.Post, "/api/sessions",
            new { transferId = transfer, claim = AskRig.Agent, size = 5000, path = "/x" }, 400, "invalid_field");
        var session = await rig.SessionAsync(transfer, 5000);
        await rig.PatchAsync(rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 100 });
        var row = await rig.PatchAsync(rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 50 });
        Assert.Equal(100, row.GetProperty("bytes_transferred").GetInt32());
        await rig.PatchAsync(
            rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 5001 }, 400, "invalid_field");
        await rig.PatchAsync(
            rig.Mara, transfer, new { status = "failed", attempt = 1, claim = other, error_code = "file_changed" }, 409,
            "transfer_claimed");
        var failed = await rig.PatchAsync(
            rig.Mara, transfer, new { status = "failed", attempt = 1, claim = AskRig.Agent, error_code = "file_changed" });
        Assert.Equal(("failed", "file_changed"), (
            failed.GetProperty("status").GetString(), failed.GetProperty("error_code").GetString()));
        Assert.Equal(410, await rig.ChunkAsync(session, 0, ApiClient.Bytes(5000)));

        await rig.ActAsync(rig.Mara, transfer, "retry", status: 403, code: "not_permitted");
        Assert.Equal(2, (await rig.ActAsync(rig.Ines, transfer, "retry")).GetProperty("attempt").GetInt32());
        await rig.ActAsync(rig.Ines, transfer, "retry", status: 409, code: "not_failed");
        await rig.PatchAsync(rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 1 }, 409, "attempt_over");
        await rig.PatchAsync(
            rig.Ines, transfer, new { status = "completed", attempt = 1, hash = new string('0', 64) }, 409, "attempt_over");
        await rig.ClaimAsync(transfer, 1, 409, "attempt_over");
        await rig.ClaimAsync(transfer, 2, agent: other);
        var second = await rig.SessionAsync(transfer, 5000, agent: other);
        Assert.NotEqual(session, second);
        using (var match = await rig.ContentAsync(transfer, 0, $"\"{transfer:n}-1\""))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, match.StatusCode);
        Assert.Equal(201, await rig.ChunkAsync(second, 0, ApiClient.Bytes(1000)));
        using (var match = await rig.ContentAsync(transfer, 0, $"\"{transfer:n}-1\""))
            await ApiClient.ProblemAsync(match, HttpStatusCode.PreconditionFailed, "precondition_failed");

        // Of cancel and complete, the first one counts; repeating it is not an error.
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{transfer}", null, 200);
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{transfer}", null, 200);
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", hash = new string('0', 64) }, 409, "transfer_ended");
        await rig.ClaimAsync(transfer, 2, 409, "transfer_ended", other);
    }

    [Fact]
    public async Task A_version_for_two_members_at_once_is_sent_once()
    {
        var content = ApiClient.Bytes(5000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        var jun = await DeviceRig.StartAsync(_service, "Jun");
        await rig.JoinAsync(jun);
        var (one, two) = (await rig.AskAsync(), await rig.AskAsync(jun));
        await rig.ClaimAsync(one);
        var session = await rig.SessionAsync(one, content.Length);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content[..2000]));
        await rig.RowAsync(two, jun);
        Assert.Equal(session, (await rig.ClaimAsync(two)).GetProperty("relay_session").GetString());
        Assert.Equal(session, await rig.SessionAsync(two, content.Length));
        Assert.Equal(201, await rig.ChunkAsync(session, 2000, content[2000..]));
        await rig.CompleteAsync(session);
        await rig.PatchAsync(rig.Ines, one, new { status = "completed", hash = ApiClient.Hex(content) });
        // It ends with its last row.
        using var answer = await rig.ContentAsync(two, who: jun);
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
        await rig.PatchAsync(jun, two, new { status = "completed", hash = ApiClient.Hex(content) });
        await Eventually.HoldsAsync(async () => await FilesOfAsync(session) == 0);
    }

    [Fact]
    public async Task A_browser_that_has_read_a_whole_file_completes_it()
    {
        var content = ApiClient.Bytes(5000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        using var browser = new BrowserClient(_service);
        await SendAsync(
            rig.Mara.Client, HttpMethod.Put, $"/api/projects/{rig.Project}/members/{await SignInAsync(browser)}",
            new { can_change = false }, 204);
        using var asked = await browser.PostAsync($"/api/projects/{rig.Project}/files/download", new { file_path = AskRig.Path });
        var transfer = (await ApiClient.JsonAsync(asked, HttpStatusCode.OK)).GetProperty("download_id").GetGuid();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, content.Length);
        await rig.SendAllAsync(session, content);
        // A part of it is not all.
        using (var part = await browser.SendAsync(
                   HttpMethod.Get, $"{rig.Transfers}/{transfer}/content", null, one => one.Headers.Range = new(0, 10)))
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("in_progress", (await rig.RowAsync(transfer, rig.Mara)).GetProperty("status").GetString());
        using var whole = await browser.SendAsync(HttpMethod.Get, $"{rig.Transfers}/{transfer}/content");
        Assert.Equal(content, await whole.Content.ReadAsByteArrayAsync());
        await Eventually.HoldsAsync(
            async () => (await rig.RowAsync(transfer, rig.Mara)).GetProperty("status").GetString() == "completed");
    }

    private async Task<string> SignInAsync(BrowserClient browser)
    {
        var made = await SendAsync(
            _service.Client, HttpMethod.Post, "/api/users", new { name = $"jun{Guid.NewGuid():n}", role = "member" }, 201);
        var link = made.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
        using var entered = await browser.PostAsync("/signin", new { link, password = "canary-password-of-jun" });
        Assert.Equal(200, (int)entered.StatusCode);
        return (await browser.SubjectAsync())!;
    }

    [Fact]
    public async Task Both_ends_stop_when_a_right_ends()
    {
        var content = ApiClient.Bytes(200_000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, content.Length);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content[..100_000]));
        using var answer = await rig.ContentAsync(transfer);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[100_000]);
        // A body that stays without its end, and a reader that waits.
        using var sender = await RawConnection.OpenAsync(_service.Address);
        await sender.SendAsync(
            $"PUT /api/sessions/{session}/chunks/100000 HTTP/1.1\r\nHost: {_service.Address.Authority}\r\n"
            + $"Authorization: {rig.Mara.Client.DefaultRequestHeaders.Authorization}\r\nContent-Length: 100000\r\n"
            + $"X-Chunk-SHA256: {ApiClient.Hex(content.AsSpan(100_000))}\r\n\r\n");
        await sender.SendAsync(content.AsMemory(100_000, 1000));
        var waiting = body.ReadExactlyAsync(new byte[1]).AsTask();
        await rig.RemoveAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.StartsWith("HTTP/1.1 410 ", await sender.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("rights_ended", (await rig.RowAsync(transfer, rig.Mara)).GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task A_revoked_device_ends_what_it_sends()
    {
        var rig = await AskRig.StartAsync(_service, 5000, "always");
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, 5000);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, ApiClient.Bytes(1000)));
        using var answer = await rig.ContentAsync(transfer);
        await SendAsync(rig.Mara.Client, HttpMethod.Delete, $"/api/devices/{rig.Mara.Device}", null, 204);
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
        var row = await rig.RowAsync(transfer);
        Assert.Equal(("failed", "rights_ended"), (row.GetProperty("status").GetString(), row.GetProperty("error_code").GetString()));
    }

    [Fact]
    public async Task Bytes_that_are_not_the_file_fail_the_transfer_and_a_changed_list_the_claim()
    {
        var content = ApiClient.Bytes(5000);
        var rig = await AskRig.StartAsync(_service, content.Length, "always");
        await rig.Mara.TellAsync(rig.Project, [Upsert(AskRig.Path, content.Length, hash: new string('a', 64))]);
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, content.Length);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content));
        await SendAsync(rig.Mara.Client, HttpMethod.Post, $"/api/sessions/{session}/complete", null, 422, "file_digest_mismatch");
        // The sender gives it up.
        await SendAsync(rig.Mara.Client, HttpMethod.Delete, $"/api/sessions/{session}", null, 200);
        var row = await rig.RowAsync(transfer);
        Assert.Equal(("failed", "relay_ended"), (row.GetProperty("status").GetString(), row.GetProperty("error_code").GetString()));

        await rig.ActAsync(rig.Ines, transfer, "retry");
        await rig.Mara.TellAsync(rig.Project, [Upsert(AskRig.Path, 6000)]);
        await rig.ClaimAsync(transfer, 2, 409, "transfer_ended");
        Assert.Equal("file_changed", (await rig.RowAsync(transfer)).GetProperty("error_code").GetString());
    }

    private async Task<long> FilesOfAsync(string session)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        return await connection.ExecuteScalarAsync<long>(
            "select count(*) from chunkupload.stored_files where upload_id = @id and tombstone_at is null",
            new { id = Guid.Parse(session) });
    }

    private static Task<long> UsedAsync(NpgsqlConnection connection, DeviceRig who) => connection.ExecuteScalarAsync<long>(
        """
        select coalesce((select sum(stored_bytes) from chunkupload.usage where subject = @Subject), 0)
               + coalesce((select sum(stored_bytes) from chunkupload.usage_changes where subject = @Subject), 0)
        """,
        new { who.User.Subject });
}
