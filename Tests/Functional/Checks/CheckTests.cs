using System.IO.Compression;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>
/// Uploads that an HTTP checker decides about before publication. It accepts, refuses, hangs, is unavailable, or answers without a verdict.
/// </summary>
public sealed class CheckTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly byte[] Bytes = TusClient.Bytes(3000);

    private TaskCompletionSource _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HookReceiver _checker = null!;
    private CheckedService _service = null!;

    public async Task InitializeAsync()
    {
        _checker = await HookReceiver.StartAsync();
        _service = await CheckedService.StartAsync(postgres, CheckedService.Asking(_checker));
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _checker.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_is_readable_only_after_the_checker_accepts_it()
    {
        AnswerAfterVerdict("""{"verdict":"accept"}""");
        foreach (var way in CheckedService.Ways)
            await AcceptedAsync(way);
    }

    [Fact]
    public async Task An_upload_that_the_checker_refuses_is_gone_with_its_bytes()
    {
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"refuse","reason":"It has\na virus."}""");
        // The parts of a joined upload stay, so it is the last one.
        foreach (var way in CheckedService.Ways.OrderBy(way => way == "joined"))
            await RefusedAsync(way);
    }

    [Fact]
    public async Task A_file_that_is_not_checked_yet_is_reached_by_no_other_way()
    {
        AnswerAfterVerdict("""{"verdict":"accept"}""");
        using (var folder = await _service.Client.PutAsync("/api/tree/folder/", null))
            Assert.Equal(201, (int)folder.StatusCode);
        var id = await _service.SendAsync("tree", Bytes, 202);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Bytes));

        Assert.Equal((404, "no_entry"), await _service.AskAsync("/api/tree/folder/file.bin"));
        using (var known = new HttpRequestMessage(HttpMethod.Put, "/api/tree/other.bin") { Content = new ByteArrayContent([]) })
        {
            known.Headers.Add("X-Content-SHA256", digest);
            using var answer = await _service.Client.SendAsync(known);
            Assert.Equal((409, "content_unknown"), ((int)answer.StatusCode, await CheckedService.CodeAsync(answer)));
        }

        using (var copy = await _service.Client.PostAsJsonAsync("/api/tree/copy", new { from = "folder/file.bin", to = "copy.bin" }))
            Assert.Equal(404, (int)copy.StatusCode);
        using (var place = await _service.Client.PostAsJsonAsync($"/api/files/{id}/place", new { path = "placed.bin" }))
            Assert.Equal((409, "being_checked"), ((int)place.StatusCode, await CheckedService.CodeAsync(place)));
        using (var asked = new HttpRequestMessage(HttpMethod.Get, "/api/tree/folder/"))
        {
            asked.Headers.Add("Accept", "application/zip");
            using var zip = await _service.Client.SendAsync(asked);
            var archive = new ZipArchive(new MemoryStream(await zip.Content.ReadAsByteArrayAsync()));
            Assert.DoesNotContain(archive.Entries, entry => entry.Name.Length > 0);
        }

        // It cannot be a part of another upload.
        var tus = new TusClient(_service.Client);
        var alone = await _service.SendAsync("tus", Bytes, 202);
        Assert.NotEqual(201, (await tus.CreateAsync(("Upload-Concat", $"final;/files/{alone}"))).Status);
        var link = await LinkAsync();
        using (var linked = await _service.Client.GetAsync(link + "/tree/file.bin"))
            Assert.Equal(404, (int)linked.StatusCode);

        _verdict.SetResult();
        await _service.BecomesAsync(id, "completed");
        Assert.Equal(Bytes, await _service.Client.GetByteArrayAsync("/api/tree/folder/file.bin"));
    }

    [Fact]
    public async Task An_answer_without_a_verdict_publishes_nothing_and_is_asked_for_again()
    {
        (int Status, string Body)[] lies =
        [
            (200, "ok"), (200, ""), (200, "[]"), (200, """{"verdict":"perhaps"}"""), (200, """{"verdict":1}"""), (200, "{}"), (404, "no"),
            (500, """{"verdict":"accept"}"""), (302, """{"verdict":"accept"}"""), (200, new string('x', 100_000)),
        ];
        _checker.Answer = async context =>
        {
            var (status, body) = _checker.Received.Count <= lies.Length
                ? lies[_checker.Received.Count - 1]
                : (200, """{"verdict":"accept"}""");
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        };
        await _service.RestartAsync(
            ("Check:Url", _checker.Url), ("Check:Secret", CheckedService.Secret), ("Check:Attempts", "1"),
            ("Check:FirstPause", "00:00:00.001"));
        var id = await _service.SendAsync("put", Bytes, 202);
        await _service.BecomesAsync(id, "completed");
        Assert.Equal(lies.Length + 1, _checker.Received.Count);
        Assert.Single(_checker.Received.Select(hook => hook.Headers["webhook-id"]).Distinct());
    }

    [Theory]
    [InlineData("Refuse", "failed")]
    [InlineData("Accept", "completed")]
    public async Task A_setting_says_what_happens_while_the_checker_is_away(string setting, string state)
    {
        _checker.Answer = context => Task.FromResult(context.Response.StatusCode = 503);
        await _service.RestartAsync(CheckedService.Asking(_checker, ("Check:Attempts", "3"), ("Check:WhileAway", setting)));
        var id = await _service.SendAsync("put", Bytes, 202);
        await _service.BecomesAsync(id, state);
        Assert.Equal(3, _checker.Received.Count);
        await _service.CountersAreRightAsync();
    }

    [Fact]
    public async Task A_checker_that_hangs_holds_up_neither_uploads_nor_the_end_of_the_service()
    {
        _checker.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await _service.RestartAsync(CheckedService.Asking(_checker, ("Check:Timeout", "00:00:00.300"), ("Check:AtOnce", "2")));
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add(await _service.SendAsync("put", Bytes, 202));
        await Eventually.HoldsAsync(() => Task.FromResult(_checker.Received.Count >= 5));
        foreach (var id in ids)
            Assert.Equal("checking", await _service.StateAsync(id));

        // Checks that were running are repeated after the next start.
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        await _service.RestartAsync(CheckedService.Asking(_checker));
        foreach (var id in ids)
            await _service.BecomesAsync(id, "completed");
    }

    [Fact]
    public async Task A_receiver_made_for_tusd_is_asked_with_pre_finish()
    {
        await _service.RestartAsync(("Check:Url", _checker.Url), ("Check:Format", "Tusd"), ("Check:FirstPause", "00:00:00.100"));
        _checker.Answer = context => context.Response.WriteAsync(
            """{"HTTPResponse":{"StatusCode":400,"Body":"No pictures.","Header":{"X-A":"b"}}}""");
        var id = await _service.SendAsync("tus", Bytes, 202);
        await _service.BecomesAsync(id, "failed");
        Assert.Equal("refused by the check: No pictures.", (await _service.SessionOfAsync(id)).GetProperty("stateReason").GetString());
        var hook = Assert.Single(_checker.Received);
        Assert.Equal("pre-finish", hook.Headers["Hook-Name"]);
        var told = JsonElement.Parse(hook.Body);
        Assert.Equal("pre-finish", told.GetProperty("Type").GetString());
        Assert.Equal(id, told.GetProperty("Event").GetProperty("Upload").GetProperty("ID").GetString());
        Assert.Equal(Bytes.Length, told.GetProperty("Event").GetProperty("Upload").GetProperty("Offset").GetInt64());

        _checker.Answer = context => context.Response.WriteAsync("{}");
        await _service.BecomesAsync(await _service.SendAsync("tus", Bytes, 202), "completed");
    }

    [Fact]
    public async Task Requests_are_signed()
    {
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        await _service.BecomesAsync(await _service.SendAsync("put", Bytes, 202), "completed");
        var hook = Assert.Single(_checker.Received);
        var key = Convert.FromBase64String(CheckedService.Secret["whsec_".Length..]);
        var signed = $"{hook.Headers["webhook-id"]}.{hook.Headers["webhook-timestamp"]}.{hook.Body}";
        Assert.Equal(
            "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed))), hook.Headers["webhook-signature"]);
    }

    [Fact]
    public async Task Uploads_that_wait_for_a_check_stay_unpublished_without_a_checker()
    {
        _checker.Answer = context => Task.FromResult(context.Response.StatusCode = 503);
        var id = await _service.SendAsync("put", Bytes, 202);
        await _service.RestartAsync();
        Assert.Equal("checking", await _service.StateAsync(id));
        Assert.Contains(_service.Service.Log.All, line => line.Contains("no checker is set", StringComparison.Ordinal));
        // Others are not checked any more.
        Assert.Equal("completed", await _service.StateAsync(await _service.SendAsync("put", Bytes, 201)));
        using var cancelled = await _service.Client.DeleteAsync($"/api/sessions/{id}");
        Assert.True(cancelled.IsSuccessStatusCode);
        await _service.CountersAreRightAsync();
    }

    private async Task AcceptedAsync(string way)
    {
        _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var bytes = way == "large put" ? TusClient.Bytes(2 << 20) : Bytes;
        var id = await _service.SendAsync(way, bytes, 202);

        Assert.Equal("checking", await _service.StateAsync(id));
        Assert.Equal((409, "being_checked"), await _service.ContentAsync(id));
        Assert.Equal((409, "being_checked"), await _service.AskAsync($"/api/files/{id}"));
        Assert.DoesNotContain(id, await _service.Client.GetStringAsync("/api/files?limit=100"), StringComparison.Ordinal);
        Assert.Single((await _service.Client.GetFromJsonAsync<JsonElement>("/api/sessions?state=checking")).GetProperty("items")
            .EnumerateArray());
        if (way.Contains("tus", StringComparison.Ordinal) || way == "joined")
            Assert.Equal((409, "being_checked"), await _service.AskAsync($"/files/{id}"));
        if (way == "tus")
        {
            // The client repeats its last request because the answer was lost. The verdict waits, as it decides what the answer is.
            var tus = new TusClient(_service.Client);
            var repeated = await tus.PatchAsync($"/files/{id}", bytes.Length, []);
            Assert.Equal((204, (long?)bytes.Length), (repeated.Status, repeated.Offset));
            Assert.Equal(bytes.Length, (await tus.HeadAsync($"/files/{id}")).Offset);
        }

        await _service.CountersAreRightAsync();

        _verdict.SetResult();
        await _service.BecomesAsync(id, "completed");
        Assert.Equal(bytes, await _service.DownloadAsync(id));
        if (way == "tree")
            Assert.Equal(bytes, await _service.Client.GetByteArrayAsync("/api/tree/folder/file.bin"));
        var told = JsonElement.Parse(Assert.Single(_checker.Received, hook => hook.Headers["webhook-id"] == $"check-{id}").Body);
        Assert.Equal("checking", told.GetProperty("kind").GetString());
        Assert.Equal(id, told.GetProperty("upload").GetProperty("id").GetString());
        Assert.Equal(bytes.Length, told.GetProperty("upload").GetProperty("received").GetInt64());
        await _service.CountersAreRightAsync();
    }

    private async Task RefusedAsync(string way)
    {
        var before = await _service.StoredAsync();
        var id = await _service.SendAsync(way, Bytes, 202);
        await _service.BecomesAsync(id, "failed");
        Assert.Equal((410, "refused_by_check"), await _service.ContentAsync(id));
        Assert.Equal("refused by the check: It has a virus.", (await _service.SessionOfAsync(id)).GetProperty("stateReason").GetString());
        if (way == "tus")
            Assert.Equal(410, (await new TusClient(_service.Client).HeadAsync($"/files/{id}")).Status);
        if (way == "tree")
            Assert.Equal(404, (await _service.AskAsync("/api/tree/folder/file.bin")).Status);
        await _service.CountersAreRightAsync();
        // The parts of a joined upload stay until they are joined again, or expire.
        Assert.Equal(way == "joined" ? before + Bytes.Length : before, await _service.StoredAsync());
        await Eventually.HoldsAsync(async () => way == "joined" || await FilesAsync() == 0);
        var events = await _service.Client.GetStringAsync("/api/audit?kind=upload");
        Assert.Contains("upload.failed", events, StringComparison.Ordinal);
    }

    private void AnswerAfterVerdict(string body) => _checker.Answer = async context =>
    {
        await _verdict.Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync(body);
    };

    private async Task<string> LinkAsync()
    {
        using var made = await _service.Client.PostAsJsonAsync("/api/links", new { kind = "download", path = "folder" });
        var json = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(made.IsSuccessStatusCode, json.ToString());
        return new Uri(json.GetProperty("url").GetString()!).AbsolutePath;
    }

    private Task<int> FilesAsync()
    {
        var files = Directory.Exists(Path.Combine(_service.Service.DataDirectory, "files"))
            ? Directory.GetFiles(Path.Combine(_service.Service.DataDirectory, "files"), "*", SearchOption.AllDirectories).Length
            : 0;
        return Task.FromResult(files);
    }
}
