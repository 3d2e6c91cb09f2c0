using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Addresses of the web into the service's own files, from a server with faults.</summary>
public sealed class WebSourceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private WebRig _web = null!;
    private TestService _service = null!;
    private string _folder = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _web = await WebRig.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(WebRig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        });
        _folder = await OneDriveRig.MakeFolderAsync(Client, "in");
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _web.DisposeAsync();
    }

    [Fact]
    public async Task Several_addresses_arrive_with_the_names_that_they_are_given()
    {
        var bytes = TransferRig.Bytes(1, 700_000);
        var said = new WebFile { Bytes = bytes, ETag = "\"1\"" };
        said.Headers["Content-Disposition"] = "attachment; filename=\"plain.bin\"; filename*=UTF-8''%c3%bcber%20uns.bin";
        var evil = new WebFile { Bytes = [1, 2, 3], ETag = "\"2\"" };
        evil.Headers["Content-Disposition"] = "attachment; filename=\"..\\..\\evil.exe\"";
        await DoneAsync(
            _web.Add("/get", said) + "?id=7&signature=canary", _web.Add("/a/b c.bin", New(2)).Replace(" ", "%20", StringComparison.Ordinal),
            _web.Add("/other", New(3)) + " given name.txt", _web.Add("/evil", evil), _web.Add("/empty", new WebFile { ETag = "\"0\"" }));
        Assert.Equal(
            ["b c.bin", "empty", "evil.exe", "given name.txt", "über uns.bin"],
            (await FilesAsync()).Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Contains(("über uns.bin", WebRig.Sha256(bytes)), await FilesAsync());
    }

    [Fact]
    public async Task An_address_is_neither_stored_nor_shown_nor_logged()
    {
        var address = _web.Add("/report.pdf", New(4)).Replace("http://", "http://ann:canary-password@", StringComparison.Ordinal)
            + "?signature=canary-signature";
        var gone = _web.Address + "/gone?signature=canary-signature";
        var transfer = await WebRig.StartAsync(Client, _folder, address, gone);
        await TransferRig.UntilAsync(Client, transfer, "partly_done");
        var texts = new List<string>();
        foreach (var path in new[] { "", "/items", "/events", "/calls", "/report" })
            texts.Add(await Client.GetStringAsync($"/api/transfers/{transfer}{path}"));
        await using (var database = new NpgsqlConnection(_service.ConnectionString))
        {
            texts.Add(await database.QuerySingleAsync<string>("""
                select (select json_agg(t)::text from transfers t) || (select json_agg(i)::text from transfer_items i)
                       || (select json_agg(e)::text from transfer_events e) || (select json_agg(c)::text from transfer_calls c)
                """));
        }

        texts.AddRange(_service.Log.All);
        Assert.DoesNotContain(texts, text => text.Contains("canary", StringComparison.Ordinal));
        Assert.Contains(_web.Requests, one => one.Path == "/report.pdf?signature=canary-signature"
            && one.Authorization == "Basic " + Convert.ToBase64String("ann:canary-password"u8));
        Assert.Contains(texts, text => text.Contains("has no such file (status 404)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_that_is_sent_encoded_although_identity_was_asked_for_is_refused(bool ranges)
    {
        var file = new WebFile { Bytes = TransferRig.Bytes(5, 10_000), ETag = "\"1\"", Ranges = ranges };
        file.Headers["Content-Encoding"] = "gzip";
        var transfer = await WebRig.StartAsync(Client, _folder, _web.Add("/a.bin", file));
        await TransferRig.UntilAsync(Client, transfer, "failed");
        var item = Assert.Single(await WebRig.ItemsAsync(Client, transfer));
        Assert.Equal("refused", item.GetProperty("fault").GetString());
        Assert.Contains("Content-Encoding", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Empty(await FilesAsync());
    }

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_was()
    {
        var file = New(5, 1_000_000);
        file.Breaks.Enqueue(100_000);
        file.Breaks.Enqueue(0);
        file.Breaks.Enqueue(250_000);
        await DoneAsync(_web.Add("/big.bin", file));
        Assert.Equal([("big.bin", WebRig.Sha256(file.Bytes))], await FilesAsync());
        Assert.All(_web.Requests.Where(one => one.Range != "bytes=0-0"), one => Assert.Equal(file.ETag, one.IfRange));
        // Received parts of interrupted pieces were kept, and read again only for the digest.
        Assert.InRange(_web.Requests.Sum(one => one.Sent), 1_000_000, 1_000_000 + (3 * (256 << 10)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_ranges_it_is_read_from_the_beginning_again(bool hasLength)
    {
        var file = new WebFile { Bytes = TransferRig.Bytes(6, 1_000_000), Ranges = false, HasLength = hasLength };
        file.Breaks.Enqueue(600_000);
        file.Breaks.Enqueue(900_000);
        await DoneAsync(_web.Add("/big.bin", file));
        Assert.Equal([("big.bin", WebRig.Sha256(file.Bytes))], await FilesAsync());
        Assert.Equal(3, _web.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_changed_under_way_begins_again_and_is_never_mixed(bool ranges)
    {
        var (before, after) = (TransferRig.Bytes(7, 1_000_000), TransferRig.Bytes(8, 1_000_000));
        var file = new WebFile { Bytes = before, ETag = ranges ? "\"before\"" : null, Ranges = ranges };
        var address = _web.Add("/big.bin", file);
        if (!ranges)
            file.Breaks.Enqueue(600_000);
        file.Before = number =>
        {
            if (number == (ranges ? 4 : 2))
                (file.Bytes, file.ETag) = (after, ranges ? "\"after\"" : null);
            return Task.CompletedTask;
        };
        var transfer = await DoneAsync(address);
        Assert.Equal([("big.bin", WebRig.Sha256(after))], await FilesAsync());
        Assert.Equal(1, Assert.Single(await WebRig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task Redirects_are_followed_and_credentials_stay_at_their_origin()
    {
        await using var other = await WebRig.StartAsync();
        var bytes = TransferRig.Bytes(9, 600_000);
        var last = other.Add("/deep/file.bin", new WebFile { Bytes = bytes, ETag = "\"1\"" });
        _web.Files["/second"] = new WebFile { Location = last + "?token=1" };
        _web.Files["/first"] = new WebFile { Location = "/second" };
        await DoneAsync(_web.Address.Replace("http://", "http://ann:pass@", StringComparison.Ordinal) + "/first file.bin");
        Assert.Equal([("file.bin", WebRig.Sha256(bytes))], await FilesAsync());
        Assert.All(_web.Requests, one => Assert.NotNull(one.Authorization));
        Assert.All(other.Requests, one => Assert.Null(one.Authorization));
        // The way is taken once, and not for each piece.
        Assert.Equal(2, _web.Requests.Count);
    }

    [Theory]
    [InlineData("/loop", "/loop", "redirects too often")]
    [InlineData("/loop", "ftp://127.0.0.1/x", "not http or https")]
    [InlineData("/loop", "http://no-such-host.invalid/", "no host no-such-host.invalid")]
    public async Task A_redirect_that_leads_nowhere_fails_with_the_reason(string path, string location, string reason)
    {
        var item = await FailedAsync(_web.Add(path, new WebFile { Location = location }));
        Assert.Contains(reason, item.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "does not give it to us")]
    [InlineData(410, "no such file")]
    [InlineData(204, "not with a file")]
    [InlineData(418, "not with a file")]
    public async Task The_text_of_an_error_never_becomes_content(int status, string reason)
    {
        var item = await FailedAsync(_web.Add("/x.bin", new WebFile { Status = status }));
        Assert.Contains(reason, item.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Empty(await FilesAsync());
    }

    [Fact]
    public async Task A_page_that_is_sent_as_the_file_is_the_file()
    {
        var page = new WebFile { Bytes = "<html>Sign in</html>"u8.ToArray(), Ranges = false };
        page.Headers["Content-Type"] = "text/html; charset=utf-8";
        await DoneAsync(_web.Add("/film.mp4", page));
        Assert.Equal([("film.mp4", WebRig.Sha256(page.Bytes))], await FilesAsync());
    }

    [Theory]
    [InlineData("Repr-Digest", "sha-256=:{0}:", true)]
    [InlineData("Digest", "SHA-256={0}", true)]
    [InlineData("Content-MD5", "{1}", false)]
    public async Task A_digest_that_the_server_names_is_compared(string header, string form, bool ranges)
    {
        var bytes = TransferRig.Bytes(10, 300_000);
        var right = new WebFile { Bytes = bytes, ETag = "\"1\"", Ranges = ranges };
        right.Headers[header] = FormOf(bytes);
        await DoneAsync(_web.Add("/right.bin", right));
        var wrong = new WebFile { Bytes = bytes, ETag = "\"1\"", Ranges = ranges };
        wrong.Headers[header] = FormOf([1, 2, 3]);
        var item = await FailedAsync(_web.Add("/wrong.bin", wrong));
        Assert.Equal("source_changed", item.GetProperty("fault").GetString());
        Assert.Equal([("right.bin", WebRig.Sha256(bytes))], await FilesAsync());

#pragma warning disable CA5351 // It is what servers send.
        string FormOf(byte[] content) => string.Format(
            null, form, Convert.ToBase64String(SHA256.HashData(content)), Convert.ToBase64String(MD5.HashData(content)));
#pragma warning restore CA5351
    }

    [Fact]
    public async Task A_server_that_asks_for_a_pause_delays_only_its_own_files()
    {
        var busy = _web.Add("/busy.bin", new WebFile { Status = 429 });
        var transfer = await WebRig.StartAsync(Client, _folder, busy, _web.Add("/calm.bin", New(11)));
        await Eventually.HoldsAsync(async () => (await FilesAsync()).Count == 1);
        _web.Files["/busy.bin"] = New(12);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(2, (await FilesAsync()).Count);
    }

    [Fact]
    public async Task A_transfer_whose_last_file_waits_says_for_what_and_until_when()
    {
        var busy = new WebFile { Status = 429 };
        busy.Headers["Retry-After"] = "86400";
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = New(11, 300_000);
        slow.Pause = (1000, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), held.Task);
        var began = TimeProvider.System.GetUtcNow();
        var transfer = await WebRig.StartAsync(Client, _folder, _web.Add("/busy.bin", busy), _web.Add("/slow.bin", slow));
        await Eventually.HoldsAsync(async () =>
            (await WebRig.ItemsAsync(Client, transfer)).Any(one => one.GetProperty("fault").GetString() == "throttled"));
        held.SetResult();
        await Eventually.HoldsAsync(async () =>
            (await TransferRig.GetAsync(Client, transfer)).GetProperty("files").GetProperty("done").GetInt64() == 1);
        var now = await TransferRig.GetAsync(Client, transfer);
        Assert.Equal(
            ("waiting", "rate_limit", JsonValueKind.Null),
            (now.GetProperty("state").GetString(), now.GetProperty("wait").GetProperty("reason").GetString(),
                now.GetProperty("eta").ValueKind));
        Assert.True(now.GetProperty("wait").GetProperty("until").GetDateTimeOffset() > began.AddMinutes(50));
    }

    [Fact]
    public async Task A_look_tells_what_a_transfer_would_bring()
    {
        var named = New(13, 1000);
        named.Headers["Content-Disposition"] = "attachment; filename=report.pdf";
        using var answer = await Client.PostAsJsonAsync("/api/transfers/addresses", new
        {
            addresses = new[]
            {
                _web.Add("/get", named), _web.Add("/plain", new WebFile { Bytes = new byte[5000], Ranges = false }),
                _web.Address + "/missing?signature=canary",
            },
        });
        var text = (await TransferRig.ReadAsync(answer, 200)).GetProperty("items");
        Assert.Equal(
            ["report.pdf 1000 True ", "plain 5000 False ", "missing  False 127.0.0.1 has no such file (status 404)."],
            text.EnumerateArray().Select(one =>
                $"{one.GetProperty("name")} {one.GetProperty("size")} {one.GetProperty("resumable")} {one.GetProperty("fault")}"));
        Assert.DoesNotContain("canary", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.org/x")]
    [InlineData("example.org/x")]
    [InlineData("https://example.org/x ../y")]
    [InlineData("http://xn--é/y")]
    [InlineData("")]
    public async Task What_is_no_address_is_refused_with_its_line(string line)
    {
        using var answer = await Client.PostAsJsonAsync(
            "/api/transfers",
            new { source = new { addresses = new[] { "https://example.org/", line } }, destination = new { folder = _folder } });
        Assert.Contains("Line 2: ", (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_a_private_network_is_refused_unless_the_operator_allows_it()
    {
        await using var careful = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        });
        var folder = await OneDriveRig.MakeFolderAsync(careful.Client, "in");
        var transfer = await WebRig.StartAsync(careful.Client, folder, _web.Add("/x.bin", New(14)));
        await TransferRig.UntilAsync(careful.Client, transfer, "failed", "partly_done");
        var item = Assert.Single(await WebRig.ItemsAsync(careful.Client, transfer));
        Assert.Contains("own network", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Empty(_web.Requests);
    }

    private static WebFile New(int seed, int length = 2000) =>
        new() { Bytes = TransferRig.Bytes(seed, length), ETag = $"\"{seed}\"" };

    private async Task<string> DoneAsync(params string[] addresses)
    {
        var transfer = await WebRig.StartAsync(Client, _folder, addresses);
        var ended = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.True(
            ended.GetProperty("state").GetString() == "done", await Client.GetStringAsync($"/api/transfers/{transfer}/items?limit=200"));
        return transfer;
    }

    private async Task<JsonElement> FailedAsync(string address)
    {
        var transfer = await WebRig.StartAsync(Client, _folder, address);
        await TransferRig.UntilAsync(Client, transfer, "failed", "partly_done", "done");
        var item = Assert.Single(await WebRig.ItemsAsync(Client, transfer));
        Assert.Equal("failed", item.GetProperty("state").GetString());
        return item;
    }

    private Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync() => OneDriveRig.OwnFilesAsync(Client, "in");
}
