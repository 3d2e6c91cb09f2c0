using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>The vendor's examples of resumable uploads, and what goes wrong with them.</summary>
public sealed class DriveUploadTests : IAsyncLifetime
{
    private const int Block = 256 * 1024;

    private DriveRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DriveRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData(2_000_000, 524_288, "PUT")]
    [InlineData(300_000, 262_144, "PUT")]
    [InlineData(2_000_000, 524_288, "POST")]
    [InlineData(524_288, 524_288, "PUT")]
    public async Task Pieces_are_kept_until_the_last_one_makes_the_file(int length, int step, string method)
    {
        var bytes = DriveRig.Data(length);
        var session = await _rig.BeginAsync(new { name = "a.bin" }, length, fields: "id,size,md5Checksum,sha256Checksum");
        for (var offset = 0; offset < length; offset += step)
        {
            var end = Math.Min(offset + step, length);
            var (status, range, body) = await DriveRig.PutAsync(session, bytes[offset..end], $"bytes {offset}-{end - 1}/{length}", method);
            if (end < length)
            {
                Assert.Equal((308, $"bytes=0-{end - 1}", ""), (status, range, body));
                continue;
            }

            Assert.Equal(200, status);
            var file = JsonDocument.Parse(body).RootElement;
            Assert.Equal($"{length}", file.GetProperty("size").GetString());
            Assert.Equal(TusClient.Sha256(bytes), file.GetProperty("sha256Checksum").GetString());
            Assert.Equal(bytes, await _rig.Client.GetByteArrayAsync($"{DriveRig.Files}/{file.GetProperty("id").GetString()}?alt=media"));
        }
    }

    [Fact]
    public async Task A_file_of_no_bytes_is_made_by_an_empty_range()
    {
        var session = await _rig.BeginAsync(new { name = "empty" }, 0, fields: "size,md5Checksum");
        var (status, _, body) = await DriveRig.PutAsync(session, [], "bytes */0");
        Assert.Equal(200, status);
        Assert.Equal("d41d8cd98f00b204e9800998ecf8427e", JsonDocument.Parse(body).RootElement.GetProperty("md5Checksum").GetString());
    }

    [Fact]
    public async Task Nothing_stored_is_told_by_an_absent_Range()
    {
        var session = await _rig.BeginAsync(new { name = "a" }, 1_000_000);
        Assert.Equal((308, null, ""), await DriveRig.PutAsync(session, [], "bytes */1000000"));
        Assert.Equal((308, null, ""), await DriveRig.PutAsync(session, [], "bytes */*"));
    }

    [Fact]
    public async Task A_lost_last_reply_is_repeated_to_a_query()
    {
        var bytes = DriveRig.Data(300_000);
        var session = await _rig.BeginAsync(new { name = "a" }, bytes.Length, fields: "id,size");
        _rig.Emulator.Faults.Add(new FaultMatch { Method = "PUT" }, FaultAction.ResetBeforeReply());
        await Assert.ThrowsAsync<HttpRequestException>(() => DriveRig.PutAsync(session, bytes, "bytes 0-299999/300000"));
        var (status, _, body) = await DriveRig.PutAsync(session, [], "bytes */300000");
        Assert.Equal(200, status);
        Assert.Equal("300000", JsonDocument.Parse(body).RootElement.GetProperty("size").GetString());
        Assert.Equal(["a"], await _rig.NamesAsync("'root' in parents"));
        Assert.Equal([true, false], _rig.Emulator.Journal.Entries.Where(entry => entry.Method == "PUT").Select(entry => entry.Aborted));
    }

    [Fact]
    public async Task Range_may_lag_behind_what_was_sent()
    {
        var bytes = DriveRig.Data((3 * Block) + 7);
        var session = await _rig.BeginAsync(new { name = "a" }, bytes.Length, fields: "sha256Checksum");
        _rig.Emulator.Switches.Set("keepBytesLess", (long)Block);
        var (status, range, _) = await DriveRig.PutAsync(session, bytes[..(3 * Block)], $"bytes 0-{(3 * Block) - 1}/{bytes.Length}");
        Assert.Equal((308, $"bytes=0-{(2 * Block) - 1}"), (status, range));
        (status, _, var body) = await DriveRig.PutAsync(
            session, bytes[(2 * Block)..], $"bytes {2 * Block}-{bytes.Length - 1}/{bytes.Length}");
        Assert.Equal(200, status);
        Assert.Equal(TusClient.Sha256(bytes), JsonDocument.Parse(body).RootElement.GetProperty("sha256Checksum").GetString());
    }

    [Fact]
    public async Task Of_a_piece_that_broke_off_whole_blocks_are_kept()
    {
        var bytes = DriveRig.Data(1_500_000);
        var session = await _rig.BeginAsync(new { name = "a" }, bytes.Length);
        _rig.Emulator.Faults.Add(new FaultMatch { Method = "PUT" }, FaultAction.ResetAfter(700_000));
        await Assert.ThrowsAnyAsync<Exception>(() => DriveRig.PutAsync(session, bytes, "bytes 0-1499999/1500000"));
        Assert.Equal((308, $"bytes=0-{(2 * Block) - 1}", ""), await DriveRig.PutAsync(session, [], "bytes */1500000"));
    }

    [Fact]
    public async Task A_piece_at_another_offset_is_not_stored()
    {
        var bytes = DriveRig.Data(1_000_000);
        var session = await _rig.BeginAsync(new { name = "a" }, bytes.Length);
        await DriveRig.PutAsync(session, bytes[..Block], $"bytes 0-{Block - 1}/1000000");
        Assert.Equal(
            (308, $"bytes=0-{Block - 1}", ""),
            await DriveRig.PutAsync(session, bytes[(2 * Block)..(3 * Block)], $"bytes {2 * Block}-{(3 * Block) - 1}/1000000"));
        Assert.Equal((308, $"bytes=0-{Block - 1}", ""), await DriveRig.PutAsync(session, bytes[..Block], $"bytes 0-{Block - 1}/1000000"));
    }

    [Theory]
    [InlineData(300_000, "bytes 0-299999/1000000")]
    [InlineData(262_144, "bytes 0-262143/999999")]
    [InlineData(262_144, "bytes 0-99/1000000")]
    [InlineData(262_144, "bytes 100-0/1000000")]
    [InlineData(262_144, "0-262143/1000000")]
    public async Task A_wrong_piece_is_refused_and_the_session_goes_on(int length, string range)
    {
        var session = await _rig.BeginAsync(new { name = "a" }, 1_000_000);
        var (status, _, body) = await DriveRig.PutAsync(session, DriveRig.Data(length), range);
        Assert.Equal((400, "badRequest"), (status, DriveRig.Reason(body)));
        Assert.Equal((308, null, ""), await DriveRig.PutAsync(session, [], "bytes */*"));
    }

    [Fact]
    public async Task A_total_may_come_with_the_last_piece()
    {
        var bytes = DriveRig.Data(Block + 10);
        var session = await _rig.BeginAsync(new { name = "a" }, null, fields: "size");
        Assert.Equal(308, (await DriveRig.PutAsync(session, bytes[..Block], $"bytes 0-{Block - 1}/*")).Status);
        Assert.Equal(200, (await DriveRig.PutAsync(session, bytes[Block..], $"bytes {Block}-{Block + 9}/{Block + 10}")).Status);
    }

    [Fact]
    public async Task Sessions_end_after_a_week_and_when_they_are_cancelled()
    {
        var session = await _rig.BeginAsync(new { name = "a" }, 1_000_000);
        _rig.Emulator.Clock.Advance(TimeSpan.FromDays(6.9));
        Assert.Equal(308, (await DriveRig.PutAsync(session, [], "bytes */*")).Status);
        _rig.Emulator.Clock.Advance(TimeSpan.FromDays(0.2));
        Assert.Equal(404, (await DriveRig.PutAsync(session, [], "bytes */*")).Status);

        var other = await _rig.BeginAsync(new { name = "a" }, 1_000_000);
        using var answer = await _rig.Client.DeleteAsync(other);
        Assert.Equal(499, (int)answer.StatusCode);
        Assert.Equal(404, (await DriveRig.PutAsync(other, [], "bytes */*")).Status);
        Assert.Empty(await _rig.NamesAsync("'root' in parents"));
    }

    [Fact]
    public async Task A_new_version_keeps_the_old_content_readable()
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a.txt", text = "old" } } });
        var path = $"{DriveRig.Files}/{ids["a.txt"]}";
        var before = (await _rig.GetAsync($"{path}?fields=headRevisionId")).GetProperty("headRevisionId").GetString();
        var session = await _rig.BeginAsync(new { }, 3, "PATCH", $"{DriveRig.Uploads}/{ids["a.txt"]}");
        Assert.Equal(200, (await DriveRig.PutAsync(session, "new"u8.ToArray(), "bytes 0-2/3")).Status);
        Assert.Equal("new", await _rig.Client.GetStringAsync($"{path}?alt=media"));
        Assert.Equal("old", await _rig.Client.GetStringAsync($"{path}/revisions/{before}?alt=media"));
        Assert.Equal(2, (await _rig.GetAsync($"{path}/revisions")).GetProperty("revisions").GetArrayLength());
    }

    [Fact]
    public async Task A_version_is_not_begun_by_PUT()
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a.txt", text = "old" } } });
        using var answer = await _rig.Client.PutAsync($"{DriveRig.Uploads}/{ids["a.txt"]}?uploadType=resumable", null);
        Assert.Equal((HttpStatusCode.OK, null), (answer.StatusCode, answer.Headers.Location));
    }

    [Fact]
    public async Task An_id_that_was_made_beforehand_is_used_once()
    {
        var id = (await _rig.GetAsync($"{DriveRig.Files}/generateIds?count=1")).GetProperty("ids")[0].GetString();
        await _rig.SendAsync("POST", DriveRig.Files, new { id, name = "a" });
        var refused = await _rig.SendAsync("POST", DriveRig.Files, new { id, name = "a" }, HttpStatusCode.Conflict);
        Assert.Equal("fileIdInUse", DriveRig.Reason(refused));
        var begun = await _rig.SendAsync(
            "POST", $"{DriveRig.Uploads}?uploadType=resumable", new { id, name = "a" }, HttpStatusCode.Conflict);
        Assert.Equal("fileIdInUse", DriveRig.Reason(begun));
        await _rig.SendAsync("POST", DriveRig.Files, new { id = "1notGenerated", name = "a" }, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Small_files_go_in_one_request_with_and_without_metadata()
    {
        using var related = new MultipartContent("related", "the-boundary");
        const string metadata = """{"name":"two.txt","modifiedTime":"2020-01-02T03:04:05.678Z"}""";
        related.Add(new StringContent(metadata, Encoding.UTF8, "application/json"));
        related.Add(new StringContent("content", Encoding.UTF8, "text/plain"));
        using var both = await _rig.Client.PostAsync($"{DriveRig.Uploads}?uploadType=multipart&fields=name,size,modifiedTime", related);
        var file = JsonDocument.Parse(await both.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(
            ("two.txt", "7", "2020-01-02T03:04:05.678Z"),
            (file.GetProperty("name").GetString(), file.GetProperty("size").GetString(), file.GetProperty("modifiedTime").GetString()));
        using var picture = new ByteArrayContent([1, 2]) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var plain = await _rig.Client.PostAsync($"{DriveRig.Uploads}?uploadType=media", picture);
        var untitled = JsonDocument.Parse(await plain.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(("Untitled", "image/png"), (untitled.GetProperty("name").GetString(), untitled.GetProperty("mimeType").GetString()));
    }

    [Fact]
    public async Task Space_and_the_days_allowance_end_uploads()
    {
        _rig.Emulator.Faults.Reset();
        await _rig.SendAsync("POST", "/_control/fault", new { action = new { kind = "quota", bytes = 1000 } }, HttpStatusCode.NoContent);
        var full = await SendBeginAsync(1001);
        Assert.Equal((403, "storageQuotaExceeded"), full);
        await _rig.SendAsync("POST", "/_control/fault", new { action = new { kind = "quota" } }, HttpStatusCode.NoContent);
        _rig.Emulator.Switches.Set("dailyUploadBytes", 500L);
        var session = await _rig.BeginAsync(new { name = "a" }, 600);
        Assert.Equal(200, (await DriveRig.PutAsync(session, DriveRig.Data(600), "bytes 0-599/600")).Status);
        Assert.Equal((403, "userRateLimitExceeded"), await SendBeginAsync(1));
        _rig.Emulator.Clock.Advance(TimeSpan.FromHours(24));
        await _rig.BeginAsync(new { name = "a" }, 1);
    }

    [Fact]
    public async Task A_sink_knows_the_digests_of_what_it_threw_away()
    {
        _rig.Emulator.Switches.Set("sink", true);
        var bytes = DriveRig.Data(1_000_000);
        var session = await _rig.BeginAsync(new { name = "a" }, bytes.Length, fields: "id,md5Checksum,sha256Checksum");
        var file = JsonDocument.Parse((await DriveRig.PutAsync(session, bytes, "bytes 0-999999/1000000")).Body).RootElement;
        Assert.Equal("21ba63a34d690f388e5e14eecb4d39b6", file.GetProperty("md5Checksum").GetString());
        using var answer = await _rig.Client.GetAsync($"{DriveRig.Files}/{file.GetProperty("id").GetString()}?alt=media");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    private async Task<(int, string)> SendBeginAsync(long length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{DriveRig.Uploads}?uploadType=resumable");
        request.Headers.Add("X-Upload-Content-Length", $"{length}");
        using var answer = await _rig.Client.SendAsync(request);
        return ((int)answer.StatusCode, DriveRig.Reason(await answer.Content.ReadAsStringAsync()));
    }
}
