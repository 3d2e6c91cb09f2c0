using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>How the service brings two devices together, and whom it tells what.</summary>
[Collection(DeviceCollection.Name)]
public sealed class StraightWayTests(ApiFixture fixture)
{
    private const int Size = 4;

    private static readonly string[] Addresses = ["192.168.1.5:7443", "[fd00::1]:7443"];
    private static readonly string SourceKey = new('a', 64);
    private static readonly string ReceiverKey = new('b', 64);

    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task The_receiver_gets_a_token_and_the_source_its_digest()
    {
        var (rig, transfer) = await AskAsync();
        var claimed = await ClaimAsync(rig, transfer);
        var guest = claimed.GetProperty("straight");
        var info = (await rig.RowAsync(transfer)).GetProperty("transfer_info");
        var token = info.GetProperty("token").GetString()!;
        Assert.Equal(
            ("p2p", "straight", $"https://{Addresses[0]}/v1/transfers/{transfer}", SourceKey),
            (Text(info, "protocol"), Text(info, "way"), Text(info, "address"), Text(info, "fingerprint")));
        Assert.Equal(Addresses, info.GetProperty("addresses").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(
            (ReceiverKey, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token))), rig.Ines.Device),
            (Text(guest, "fingerprint"), Text(guest, "token_sha256"), guest.GetProperty("device_id").GetGuid()));
        Assert.InRange(guest.GetProperty("seconds").GetDouble(), 1, 60);
        // No one else learns it: another client of the requester, the user of the device, a list.
        var second = await OfAsync(_service, rig.Ines.User, "another");
        foreach (var text in new[]
        {
            (await rig.RowAsync(transfer, second)).GetRawText(), (await rig.RowAsync(transfer, rig.Mara)).GetRawText(),
            (await rig.Ines.GetAsync(rig.Transfers)).GetRawText(), (await rig.Mara.GetAsync(rig.Transfers)).GetRawText(),
        })
        {
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Addresses[0], text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(token, string.Join('\n', _service.Log.All), StringComparison.Ordinal);
        // The receiver, which has compared the digest, ends it; nothing was here.
        await rig.PatchAsync(rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 3, addresses = Addresses });
        var done = await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash = new string('c', 64) });
        Assert.Equal(
            ("completed", new string('c', 64), (long)Size),
            (Text(done, "status"), Text(done, "file_hash"), done.GetProperty("bytes_transferred").GetInt64()));
    }

    [Fact]
    public async Task What_the_source_says_of_its_digest_holds()
    {
        var (rig, transfer) = await AskAsync();
        await ClaimAsync(rig, transfer);
        var sent = await rig.PatchAsync(
            rig.Mara, transfer, new { status = "completed", attempt = 1, claim = AskRig.Agent, hash = new string('c', 64) });
        Assert.True(sent.GetProperty("all_sent").GetBoolean());
        await rig.PatchAsync(
            rig.Ines, transfer, new { status = "completed", attempt = 1, hash = new string('d', 64) }, 409, "hash_mismatch");
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash = new string('c', 64) });
    }

    [Fact]
    public async Task The_receiver_chooses_the_way_and_nothing_is_relayed_meanwhile()
    {
        var (rig, transfer) = await AskAsync();
        await ClaimAsync(rig, transfer);
        await rig.SessionAsync(transfer, Size, 409, "straight_only");
        await rig.PatchAsync(rig.Mara, transfer, new { way = "relay", attempt = 1 }, 403, "not_permitted");
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 2 }, 409, "attempt_over");
        await rig.PatchAsync(rig.Ines, transfer, new { way = "tunnel" }, 400);
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", way_reason = "/home/ines" }, 400);
        var row = await rig.PatchAsync(
            rig.Ines, transfer, new { way = "relay", attempt = 1, way_reason = "straight_unreachable" });
        var info = row.GetProperty("transfer_info");
        Assert.Equal(
            ("http", "relay", "straight_unreachable"), (Text(info, "protocol"), Text(info, "way"), Text(info, "reason")));
        // With what it needs to come back.
        Assert.NotNull(info.GetProperty("token").GetString());
        Assert.NotEmpty(await rig.SessionAsync(transfer, Size));
        row = await rig.PatchAsync(rig.Ines, transfer, new { way = "overlay", attempt = 1 });
        Assert.Equal("overlay", Text(row.GetProperty("transfer_info"), "way"));
        // A source that listens no more, and a client that is no device.
        await rig.PatchAsync(rig.Mara, transfer, new { attempt = 1, claim = AskRig.Agent, bytes_transferred = 0 });
        await rig.PatchAsync(rig.Ines, transfer, new { way = "straight", attempt = 1 }, 409, "no_straight_way");
        var second = await OfAsync(_service, rig.Ines.User, "another");
        await rig.PatchAsync(second, transfer, new { way = "straight", attempt = 1 }, 409, "no_straight_way");
    }

    [Theory]
    [InlineData("192.168.1.5")]
    [InlineData("192.168.1.5:0")]
    [InlineData("files.example:443")]
    [InlineData("0.0.0.0:1")]
    [InlineData("224.0.0.1:1")]
    [InlineData("169.254.1.1:1")]
    [InlineData("[ff02::1]:1")]
    [InlineData("[fe80::1]:1")]
    [InlineData("")]
    [InlineData(null)]
    public async Task An_address_that_is_none_of_a_device_is_refused(string? address)
    {
        var (rig, transfer) = await AskAsync();
        await rig.PatchAsync(
            rig.Mara, transfer, new { status = "in_progress", attempt = 1, claim = AskRig.Agent, addresses = new[] { address } }, 400);
    }

    [Fact]
    public async Task Without_a_device_at_both_ends_the_file_is_relayed_and_says_why()
    {
        var (rig, transfer) = await AskAsync();
        Assert.Equal("source_not_listening", Reason(await rig.ClaimAsync(transfer)));
        var other = await AskRig.StartAsync(_service, Size, "always");
        await KeyAsync(other.Mara, SourceKey);
        transfer = await other.AskAsync();
        Assert.Equal("receiver_not_device", Reason(await ClaimAsync(other, transfer)));
    }

    [Fact]
    public async Task A_folder_that_is_straight_only_is_never_relayed()
    {
        var (rig, transfer) = await AskAsync(new { straight_only = true });
        await rig.ClaimAsync(transfer, status: 409, code: "straight_only");
        Assert.Equal("straight", Text(await rig.RowAsync(transfer), "waits_for"));
        await ClaimAsync(rig, transfer);
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1 }, 409, "straight_only");
        await rig.SessionAsync(transfer, Size, 409, "straight_only");
        var second = await OfAsync(_service, rig.Ines.User, "another");
        await SendAsync(
            second.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", new { file_path = "/line-14/b.bin" }, 404);
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b.bin", Size)]);
        await SendAsync(
            second.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", new { file_path = "/line-14/b.bin" }, 409,
            "straight_only");
    }

    [Fact]
    public async Task An_administrator_forbids_it_for_the_tenant()
    {
        var tenant = $"t{Guid.NewGuid():n}"[..20];
        using (var made = await _service.Client.PostAsJsonAsync("/api/tenants", new { name = tenant }))
            Assert.True(made.IsSuccessStatusCode);
        var admin = await DeviceRig.StartAsync(_service, "Admin", Role.Admin, tenant);
        var member = await DeviceRig.StartAsync(_service, "Member", Role.Member, tenant);
        await SendAsync(member.Client, HttpMethod.Patch, "/api/project-rules", new { straight = false }, 403);
        await SendAsync(admin.Client, HttpMethod.Patch, "/api/project-rules", new { }, 400);
        Assert.False((await SendAsync(admin.Client, HttpMethod.Patch, "/api/project-rules", new { straight = false }, 200))
            .GetProperty("straight").GetBoolean());
        Assert.False((await member.GetAsync("/api/project-rules")).GetProperty("straight").GetBoolean());
        // Other tenants go on.
        Assert.True((await (await DeviceRig.StartAsync(_service, "Else")).GetAsync("/api/project-rules")).GetProperty("straight")
            .GetBoolean());
        Assert.Contains(
            "straight.forbidden", (await admin.GetAsync("/api/audit?limit=50")).GetRawText(), StringComparison.Ordinal);
        await SendAsync(admin.Client, HttpMethod.Patch, "/api/project-rules", new { straight = true }, 200);
        Assert.True((await member.GetAsync("/api/project-rules")).GetProperty("straight").GetBoolean());
    }

    [Fact]
    public async Task The_device_that_looks_at_a_batch_gets_the_tokens_of_its_files()
    {
        var (rig, transfer) = await AskAsync();
        var asked = await SendAsync(
            rig.Ines.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", new { prefix = "/line-14/" }, 202);
        var batch = asked.GetProperty("batch_id").GetGuid();
        var other = await OfAsync(_service, rig.Ines.User, "another");
        Assert.Equal("straight", Text((await ClaimAsync(rig, transfer)).GetProperty("transfer_info"), "way"));
        var listed = Assert.Single((await rig.Ines.GetAsync($"{rig.Transfers}?batch={batch}")).GetProperty("transfers").EnumerateArray());
        Assert.NotEmpty(Text(listed.GetProperty("transfer_info"), "token")!);
        Assert.Equal(
            Text((await rig.RowAsync(transfer)).GetProperty("transfer_info"), "token"), Text(listed.GetProperty("transfer_info"), "token"));
        Assert.DoesNotContain(
            "\"token\"", (await other.GetAsync($"{rig.Transfers}?batch={batch}")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_hears_that_its_transfer_takes_another_way_and_has_ended()
    {
        var (rig, transfer) = await AskAsync();
        await ClaimAsync(rig, transfer);
        Assert.Empty(await ToldAsync(transfer));
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1, way_reason = "straight_unreachable" });
        // The same again tells nothing.
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1, way_reason = "straight_unreachable" });
        Assert.Equal(["in_progress relay"], await ToldAsync(transfer));
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{transfer}", null, 200);
        Assert.Equal(["in_progress relay", "cancelled relay"], await ToldAsync(transfer));
        // A right that ends, too.
        var second = await rig.AskAsync();
        await ClaimAsync(rig, second);
        await rig.RemoveAsync();
        Assert.Equal(["failed straight"], await ToldAsync(second));
    }

    [Fact]
    public async Task Only_what_the_receiver_lacks_is_relayed()
    {
        var (rig, transfer) = await AskAsync();
        var content = Encoding.ASCII.GetBytes("abcd");
        var whole = ApiClient.Hex(content);
        await ClaimAsync(rig, transfer);
        foreach (var bad in new object[][] { [], [Range(3, 2)], [Range(-1, 2)], [Range(0, 0)], [Range(long.MaxValue, 1)] })
            await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1, missing = bad }, 400);
        var row = await rig.PatchAsync(
            rig.Ines, transfer, new { way = "relay", attempt = 1, missing = new[] { Range(1, 1), Range(3, 1) } });
        Assert.Equal(
            [(1, 1), (3, 1)],
            row.GetProperty("relay_ranges").EnumerateArray()
                .Select(one => (one.GetProperty("offset").GetInt32(), one.GetProperty("length").GetInt32())));
        await rig.SessionAsync(transfer, Size, 409, "file_changed");
        var session = await rig.SessionAsync(transfer, 2);
        await rig.SendAllAsync(session, Encoding.ASCII.GetBytes("bd"));
        using (var all = await rig.ContentAsync(transfer))
            Assert.Equal(409, (int)all.StatusCode);
        using (var some = await rig.ContentAsync(transfer, 2))
            Assert.Equal(409, (int)some.StatusCode);
        using (var last = await rig.ContentAsync(transfer, 3))
        {
            Assert.Equal((206, "d"), ((int)last.StatusCode, await last.Content.ReadAsStringAsync()));
            Assert.Equal((3, Size), (last.Content.Headers.ContentRange!.From, last.Content.Headers.ContentRange.Length));
            // The digest of the whole file is not known here.
            Assert.False(last.Headers.Contains("Repr-Digest"));
        }

        // The digest of the whole is what the source says.
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash = whole }, 409, "not_sent");
        await rig.PatchAsync(rig.Mara, transfer, new { status = "completed", attempt = 1, claim = AskRig.Agent, hash = whole });
        await rig.PatchAsync(
            rig.Ines, transfer, new { status = "completed", attempt = 1, hash = new string('d', 64) }, 409, "hash_mismatch");
        var done = await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", attempt = 1, hash = whole });
        Assert.Equal(("completed", whole), (Text(done, "status"), Text(done, "file_hash")));
    }

    [Fact]
    public async Task A_receiver_that_lacks_more_by_now_gets_another_relay()
    {
        var (rig, transfer) = await AskAsync();
        await ClaimAsync(rig, transfer);
        await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1, missing = new[] { Range(2, 2) } });
        var session = await rig.SessionAsync(transfer, 2);
        // Less than before is in it.
        await rig.PatchAsync(rig.Ines, transfer, new { way = "straight", attempt = 1 });
        var row = await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1, missing = new[] { Range(3, 1) } });
        Assert.Equal(2, Assert.Single(row.GetProperty("relay_ranges").EnumerateArray()).GetProperty("length").GetInt32());
        row = await rig.PatchAsync(rig.Ines, transfer, new { way = "relay", attempt = 1 });
        Assert.False(row.TryGetProperty("relay_ranges", out _));
        Assert.NotEqual(session, await rig.SessionAsync(transfer, Size));
        Assert.InRange(await rig.ChunkAsync(session, 0, [1, 2]), 400, 499);
    }

    private static object Range(long offset, long length) => new { offset, length };

    /// <summary>The events that the source's device received, in their order.</summary>
    private async Task<IEnumerable<string>> ToldAsync(Guid transfer)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        return await connection.QueryAsync<string>(
            """
            select data->>'status' || ' ' || (data->>'way') from chunkupload.events
            where kind = 'file_request_changed' and topic_kind = 'device' and data->>'transfer' = @Id order by id
            """,
            new { Id = transfer.ToString("n") });
    }

    private async Task<(AskRig Rig, Guid Transfer)> AskAsync(object? rule = null)
    {
        var rig = await AskRig.StartAsync(_service, Size, "always");
        await KeyAsync(rig.Mara, SourceKey);
        await KeyAsync(rig.Ines, ReceiverKey);
        if (rule is not null)
            await rig.RuleAsync(rule);
        return (rig, await rig.AskAsync());
    }

    private static Task<JsonElement> ClaimAsync(AskRig rig, Guid transfer) => rig.PatchAsync(
        rig.Mara, transfer, new { status = "in_progress", attempt = 1, claim = AskRig.Agent, addresses = Addresses });

    private static Task<JsonElement> KeyAsync(DeviceRig device, string fingerprint) =>
        SendAsync(device.Client, HttpMethod.Post, "/api/devices", new { name = "laptop", fingerprint }, 200);

    private static string? Reason(JsonElement row) => Text(row.GetProperty("transfer_info"), "reason");

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
