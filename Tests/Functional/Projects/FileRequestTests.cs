using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A member asks for a file: who may, who answers, and who sees it.</summary>
[Collection(DeviceCollection.Name)]
public sealed class FileRequestTests(ApiFixture fixture)
{
    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task A_request_waits_for_the_answer_and_is_hidden_from_the_device_before_it()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        await using var heard = await SseReader.OpenAsync(rig.Mara.Client, "/api/events");
        await heard.NextAsync();
        var asked = await SendAsync(
            rig.Ines.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download",
            new { file_path = AskRig.Path, request_mode = "delta", cuts = new[] { 1 } }, 200);
        Assert.True(asked.GetProperty("success").GetBoolean());
        Assert.Equal(("pending", "waiting", 5L), (
            asked.GetProperty("status").GetString(), asked.GetProperty("approval").GetString(),
            asked.GetProperty("file").GetProperty("size").GetInt64()));
        var info = asked.GetProperty("transfer_info");
        Assert.Equal(("http", "relay", rig.Mara.Device), (
            info.GetProperty("protocol").GetString(), info.GetProperty("way").GetString(),
            info.GetProperty("source_device_id").GetGuid()));
        var transfer = asked.GetProperty("download_id").GetGuid();
        // Asked again, it is the same one.
        Assert.Equal(transfer, await rig.AskAsync());

        Assert.Empty(await rig.ListAsync(rig.Mara, "mine=serving"));
        Assert.Equal([transfer], await rig.ListAsync(rig.Mara, "mine=requests"));
        Assert.Equal([transfer], await rig.ListAsync(rig.Ines, "mine=asked&status=pending"));
        Assert.Equal("approval", (await rig.RowAsync(transfer)).GetProperty("waits_for").GetString());
        await rig.ClaimAsync(transfer, status: 409, code: "not_approved");
        // Nobody else answers, or sees it.
        await rig.ActAsync(rig.Ines, transfer, "approve", status: 403, code: "not_permitted");
        var jun = await DeviceRig.StartAsync(_service, "Jun", Role.Admin);
        await rig.JoinAsync(jun);
        await SendAsync(jun.Client, HttpMethod.Get, $"{rig.Transfers}/{transfer}", null, 404, "no_such_transfer");
        await rig.ActAsync(jun, transfer, "approve", status: 404, code: "no_such_transfer");
        Assert.Empty(await rig.ListAsync(jun, ""));

        var approved = await rig.ActAsync(rig.Mara, transfer, "approve", new { });
        Assert.Equal(("approved", "source"), (
            approved.GetProperty("approval").GetString(), approved.GetProperty("role").GetString()));
        await rig.ActAsync(rig.Mara, transfer, "approve");
        await rig.ActAsync(rig.Mara, transfer, "decline", status: 409, code: "answered_already");
        Assert.Equal([transfer], await rig.ListAsync(rig.Mara, "mine=serving&status=pending"));
        while (true)
        {
            var next = await heard.NextAsync();
            if (next.Name == "file_requested")
            {
                var data = next.Json.GetProperty("data");
                Assert.Equal((transfer.ToString("n"), "device"), (
                    data.GetProperty("transfer").GetString(), next.Json.GetProperty("topic").GetProperty("kind").GetString()));
                break;
            }
        }

        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.events e where e::text like '%line-14/a.bin%'"));
    }

    [Fact]
    public async Task A_declined_request_has_failed_and_comes_back_after_an_hour()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        var transfer = await rig.AskAsync();
        var declined = await rig.ActAsync(rig.Mara, transfer, "decline");
        Assert.Equal(("failed", "declined"), (declined.GetProperty("status").GetString(), declined.GetProperty("approval").GetString()));
        await rig.ActAsync(rig.Mara, transfer, "decline");
        await rig.ActAsync(rig.Mara, transfer, "approve", status: 409, code: "answered_already");
        await rig.AskRefusedAsync(new { file_path = AskRig.Path }, 409, "declined_lately");
        await rig.ActAsync(rig.Ines, transfer, "retry", status: 409, code: "declined_lately");
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(
            "update chunkupload.file_transfers set answered_at = now() - interval '61 minutes' where id = @transfer", new { transfer });
        var again = await rig.ActAsync(rig.Ines, transfer, "retry");
        Assert.Equal(("pending", "waiting", 2), (
            again.GetProperty("status").GetString(), again.GetProperty("approval").GetString(), again.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task An_approval_for_the_folder_holds_for_what_the_member_asks_for_later()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b"), Upsert("/line-14/c"), Upsert("/line-14/d")]);
        var jun = await DeviceRig.StartAsync(_service, "Jun");
        await rig.JoinAsync(jun);
        var (a, b, other) = (await rig.AskAsync(), await rig.AskAsync(path: "/line-14/b"), await rig.AskAsync(jun));
        await rig.ActAsync(rig.Mara, a, "approve", new { @for = "folder" });
        Assert.Equal("approved", (await rig.RowAsync(b)).GetProperty("approval").GetString());
        Assert.Equal("waiting", (await rig.RowAsync(other, jun)).GetProperty("approval").GetString());
        Assert.Equal("approved", (await rig.RowAsync(await rig.AskAsync(path: "/line-14/c"))).GetProperty("approval").GetString());
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(
            "update chunkupload.file_approvals set until = now() where project_id = @Project", new { rig.Project });
        Assert.Equal("waiting", (await rig.RowAsync(await rig.AskAsync(path: "/line-14/d"))).GetProperty("approval").GetString());
        // An approval is for the version that was shown.
        await rig.PatchAsync(rig.Ines, b, new { status = "failed" });
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b", 7)]);
        var again = await rig.ActAsync(rig.Ines, b, "retry");
        Assert.Equal(("waiting", 7), (again.GetProperty("approval").GetString(), again.GetProperty("total_bytes").GetInt32()));
        // Transfers of the device to several members are listed in turn.
        await rig.RuleAsync(new { approval = "always" });
        var late = await rig.AskAsync(jun, "/line-14/d");
        await rig.ActAsync(rig.Mara, other, "approve");
        var serving = await rig.ListAsync(rig.Mara, "mine=serving&status=pending");
        Assert.Equal(other, serving[1]);
        Assert.Contains(late, serving);
    }

    [Fact]
    public async Task What_cannot_be_asked_for_is_refused_with_a_code()
    {
        var rig = await AskRig.StartAsync(_service, 5000);
        var hash = new string('a', 64);
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/known", 5, hash: hash)]);
        await rig.AskRefusedAsync(new { file_path = "/line-14/none" }, 404, "no_such_file");
        await rig.AskRefusedAsync(new { file_path = "/line-14/../a.bin" }, 404, "no_such_file");
        await rig.AskRefusedAsync(new { file_path = "a" }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { prefix = "line-14" }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { file_path = AskRig.Path, prefix = "/line-14" }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { file_path = AskRig.Path, paths = new[] { AskRig.Path } }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { file_path = AskRig.Path, request_mode = "half" }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { file_path = AskRig.Path, target_device_id = rig.Mara.Device }, 403, "not_your_device");
        var changed = await rig.AskRefusedAsync(new { file_path = "/line-14/known", file_hash = new string('b', 64) }, 409, "file_changed");
        Assert.Equal(hash, changed.GetProperty("hash").GetString());
        await rig.RuleAsync(new { bytes_a_day = 4999 });
        await rig.AskRefusedAsync(new { file_path = AskRig.Path }, 409, "day_used_up");
        await rig.RuleAsync(new { bytes_a_day = 0, straight_only = true });
        await rig.AskRefusedAsync(new { file_path = AskRig.Path }, 409, "straight_only");
        await rig.RuleAsync(new { straight_only = false, approval = "never" });
        await rig.AskRefusedAsync(new { file_path = AskRig.Path }, 403, "not_permitted");
        // The device's user gets the own files.
        var own = await rig.AskAsync(rig.Mara);
        Assert.Equal("approved", (await rig.RowAsync(own, rig.Mara)).GetProperty("approval").GetString());
        var outside = await DeviceRig.StartAsync(_service, "Jun");
        await SendAsync(
            outside.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", new { file_path = AskRig.Path }, 404,
            "no_such_project");
        await SendAsync(rig.Ines.Client, HttpMethod.Get, $"{rig.Transfers}?mine=all", null, 400, "invalid_parameter");
        await SendAsync(rig.Ines.Client, HttpMethod.Get, $"{rig.Transfers}?status=done", null, 400, "invalid_parameter");
    }

    [Fact]
    public async Task The_bytes_of_a_day_are_counted_for_each_member_when_a_transfer_begins()
    {
        var rig = await AskRig.StartAsync(_service, 600, "always");
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b", 600)]);
        await rig.RuleAsync(new { bytes_a_day = 1000 });
        var (a, b) = (await rig.AskAsync(), await rig.AskAsync(path: "/line-14/b"));
        await rig.ClaimAsync(a);
        await rig.ClaimAsync(b, status: 409, code: "day_used_up");
        Assert.Equal("day", (await rig.RowAsync(b)).GetProperty("waits_for").GetString());
        // Bytes that were not sent do not count.
        await rig.PatchAsync(rig.Mara, a, new { status = "failed", attempt = 1, claim = AskRig.Agent });
        await rig.ClaimAsync(b);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(600, await connection.ExecuteScalarAsync<long>(
            "select bytes from chunkupload.file_days where project_id = @Project", new { rig.Project }));
    }

    [Fact]
    public async Task A_project_that_ends_takes_its_transfers_along_and_a_member_who_leaves_the_own_ones()
    {
        var rig = await AskRig.StartAsync(_service, 5, "always");
        var transfer = await rig.AskAsync();
        await rig.RemoveAsync();
        await SendAsync(rig.Ines.Client, HttpMethod.Get, $"{rig.Transfers}/{transfer}", null, 404, "no_such_transfer");
        var row = await rig.RowAsync(transfer, rig.Mara);
        Assert.Equal(("failed", "rights_ended"), (row.GetProperty("status").GetString(), row.GetProperty("error_code").GetString()));
        await SendAsync(rig.Mara.Client, HttpMethod.Delete, $"/api/projects/{rig.Project}", null, 204);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.file_transfers where project_id = @Project", new { rig.Project }));
    }
}
