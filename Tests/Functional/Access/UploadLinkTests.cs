using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Upload links: what their holders reach, and what ends them.</summary>
public sealed class UploadLinkTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_holder_is_told_names_that_are_meant_for_others_and_no_other()
    {
        var people = new TestPeople(_service);
        var ann = await people.UserAsync("Ann Lee", Role.Member);
        using var client = await people.ClientAsync(ann);
        using var unnamed = await people.ClientAsync(await people.UserAsync("bob", Role.Member));
        Assert.Equal((null, null), await WhoAsync(unnamed));
        Assert.Equal((null, null), await WhoAsync(_service.Client));
        using var titled = await _service.Client.PatchAsJsonAsync("/api/tenants/default", new { title = "Nordkai Survey" });
        Assert.Equal(("Ann Lee", "Nordkai Survey"), await WhoAsync(client));
        Assert.Equal((null, "Nordkai Survey"), await WhoAsync(unnamed));

        async Task<(string? By, string? Tenant)> WhoAsync(HttpClient maker)
        {
            var link = await _links.MakeAsync(new { kind = "upload", path = "who", parents = true }, maker);
            var text = await _links.Http.GetStringAsync($"{link.Path}/about");
            Assert.All([$"{ann.Id:n}", "bob"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
            var about = JsonDocument.Parse(text).RootElement;
            return (about.GetProperty("by").GetString(), about.GetProperty("tenant").GetString());
        }
    }

    [Fact]
    public async Task One_request_puts_a_file_into_the_folder_and_replaces_none()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "inbox", parents = true });
        using (var first = await _links.PutAsync(link, "photo.jpg", "one"))
        {
            Assert.Equal(201, (int)first.StatusCode);
            var view = await first.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("photo.jpg", view.GetProperty("name").GetString());
            Assert.Null(first.Headers.Location);
        }

        using (var second = await _links.PutAsync(link, "photo.jpg", "two"))
            Assert.Equal(201, (int)second.StatusCode);
        Assert.Equal("one", await _service.Client.GetStringAsync("/api/tree/inbox/photo.jpg"));
        Assert.Equal("two", await _service.Client.GetStringAsync("/api/tree/inbox/photo%20(2).jpg"));
        // The client may name folders only where the link permits it.
        using (var deep = await _links.PutAsync(link, "a/b.txt", "b"))
            Assert.Equal(201, (int)deep.StatusCode);
        Assert.Equal("b", await _service.Client.GetStringAsync("/api/tree/inbox/b.txt"));
        var open = await _links.MakeAsync(new { kind = "upload", path = "inbox", folders = true });
        using (var deep = await _links.PutAsync(open, "a/b.txt", "deep"))
            Assert.Equal(201, (int)deep.StatusCode);
        Assert.Equal("deep", await _service.Client.GetStringAsync("/api/tree/inbox/a/b.txt"));
        Assert.Equal(3, (await _links.ViewAsync(link)).GetProperty("files").GetInt64());
    }

    [Fact]
    public async Task A_tus_upload_stays_below_the_link_and_ends_in_its_folder()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "tus", parents = true });
        using var created = await _links.CreateAsync(link, 6, "ä.txt", path: "x/ä.txt");
        Assert.Equal(201, (int)created.StatusCode);
        var location = created.Headers.Location!.AbsolutePath;
        Assert.StartsWith($"{link.Path}/files/", location, StringComparison.Ordinal);
        using (var patched = await _links.PatchAsync(location, 0, new StringContent("abc")))
            Assert.Equal(204, (int)patched.StatusCode);
        Assert.Equal("3", await OffsetAsync(location));
        using (var patched = await _links.PatchAsync(location, 3, new StringContent("def")))
            Assert.Equal(204, (int)patched.StatusCode);
        // The answer to the last PATCH may have been lost: the offset is reported, the content is not.
        Assert.Equal("6", await OffsetAsync(location));
        Assert.Equal("abcdef", await _service.Client.GetStringAsync("/api/tree/tus/%C3%A4.txt"));
        Assert.Equal(404, await StatusAsync(HttpMethod.Get, location));
        Assert.Equal(403, await StatusAsync(HttpMethod.Delete, location));
    }

    [ClientTheory]
    [InlineData("chunks")]
    [InlineData("parallel")]
    [InlineData("stream")]
    public async Task Tus_js_client_sends_through_a_link_and_goes_on_after_breaks(string scenario)
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = scenario, parents = true, maxFiles = 1, maxSize = 1_000_000 });
        var folder = ServiceFolder.Create();
        var file = Path.Combine(folder, "file.bin");
        var bytes = TusClient.Bytes(1_000_000, seed: 3);
        await File.WriteAllBytesAsync(file, bytes);
        await using var proxy = new CutProxy(_service.Address, [300_000, 500_000]);
        await NodeClient.RunAsync(
            "tus-js.mjs", scenario, ("TUS_ENDPOINT", new Uri(proxy.Address, $"{link.Path}/files").ToString()), ("TUS_FILE", file));
        ServiceFolder.Remove(folder);
        Assert.Equal(2, proxy.Broken);
        var name = Uri.EscapeDataString("from tus-js-client ä.bin");
        Assert.Equal(bytes, await _service.Client.GetByteArrayAsync($"/api/tree/{scenario}/{name}"));
        var view = await _links.ViewAsync(link);
        Assert.Equal((1, 1_000_000), (view.GetProperty("files").GetInt64(), view.GetProperty("bytes").GetInt64()));
    }

    [Fact]
    public async Task A_draft_upload_stays_below_the_link()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "draft", parents = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{link.Path}/uploads");
        request.Headers.Add("Upload-Draft-Interop-Version", "8");
        request.Headers.Add("Upload-Complete", "?0");
        request.Headers.Add("Upload-Length", "6");
        request.Content = new StringContent("abc");
        request.Content.Headers.Add("Content-Disposition", "attachment; filename=\"d.txt\"");
        using var created = await _links.Http.SendAsync(request);
        Assert.Equal(201, (int)created.StatusCode);
        var location = created.Headers.Location!.AbsolutePath;
        Assert.StartsWith($"{link.Path}/uploads/", location, StringComparison.Ordinal);
        using var last = new HttpRequestMessage(HttpMethod.Patch, location);
        last.Headers.Add("Upload-Draft-Interop-Version", "8");
        last.Headers.Add("Upload-Complete", "?1");
        last.Headers.Add("Upload-Offset", "3");
        last.Content = new StringContent("def");
        last.Content.Headers.ContentType = new("application/partial-upload");
        using var completed = await _links.Http.SendAsync(last);
        Assert.Equal(201, (int)completed.StatusCode);
        Assert.StartsWith($"{link.Path}/uploads/", completed.Headers.Location!.AbsolutePath, StringComparison.Ordinal);
        Assert.DoesNotContain("contentUrl", await completed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("abcdef", await _service.Client.GetStringAsync("/api/tree/draft/d.txt"));
        // Without a field of the draft it is one request, one file.
        using (var put = await _links.Http.PutAsync($"{link.Path}/uploads/plain.txt", new StringContent("plain")))
        {
            Assert.Equal(201, (int)put.StatusCode);
            Assert.Null(put.Headers.Location);
        }

        Assert.Equal("plain", await _service.Client.GetStringAsync("/api/tree/draft/plain.txt"));
    }

    [Fact]
    public async Task A_link_reaches_nothing_else()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "closed", parents = true });
        using (var put = await _service.Client.PutAsync("/api/tree/closed/secret.txt", new StringContent("secret")))
            Assert.Equal(201, (int)put.StatusCode);
        foreach (var path in new[]
        {
            "", "/api/tree", "/api/tree/closed/secret.txt", "/api/files", "/api/sessions", "/api/links", "/api/me", "/api/entries",
            "/metrics", "/swagger", "/index.html", "/signin", "/signin.js", "/hangfire", "/l/about", "/content", "/archive.zip",
            "/tree/secret.txt", "/files/..%2f..%2fapi", "/api/jobs", "/live", "/ready",
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put, HttpMethod.Post, HttpMethod.Delete, HttpMethod.Options })
            {
                // Except the page itself, the public OPTIONS of tus, and sessions.
                if ((path.Length == 0 && method == HttpMethod.Get) || (path == "/api/sessions" && method == HttpMethod.Post)
                    || (path.StartsWith("/files", StringComparison.Ordinal) && method == HttpMethod.Options))
                    continue;
                var status = await StatusAsync(method, link.Path + path);
                Assert.True(status is 404 or 400, $"{method} {path}: {status}");
            }
        }

        // Neither does a key that is sent along.
        using var with = _service.CreateClient();
        Assert.Equal(HttpStatusCode.NotFound, (await with.GetAsync($"{link.Path}/api/files")).StatusCode);
        // The endpoints of links are not reachable without a link.
        foreach (var path in new[] { "/l", "/l/", "/l/about", "/l/page", "/l/files/x", "/l/tree/x", "/L/about" })
        {
            Assert.Equal(404, await StatusAsync(HttpMethod.Get, path));
            Assert.Equal(HttpStatusCode.NotFound, (await with.PutAsync(path, new StringContent("x"))).StatusCode);
        }
    }

    [Fact]
    public async Task Uploads_of_others_are_answered_like_absent_ones()
    {
        var mine = await _links.MakeAsync(new { kind = "upload", path = "mine", parents = true });
        var other = await _links.MakeAsync(new { kind = "upload", path = "mine" });
        using var created = await _links.CreateAsync(mine, 3, "m.txt");
        var id = created.Headers.Location!.Segments[^1];
        var foreign = $"{other.Path}/files/{id}";
        Assert.Equal(404, await StatusAsync(HttpMethod.Head, foreign));
        Assert.Equal(404, await StatusAsync(HttpMethod.Delete, foreign));
        using (var patched = await _links.PatchAsync(foreign, 0, new StringContent("abc")))
            Assert.Equal(404, (int)patched.StatusCode);
        // Also when it is published in a space that its maker reaches, and when the operator made it.
        using (var patched = await _links.PatchAsync($"{mine.Path}/files/{id}", 0, new StringContent("abc")))
            Assert.Equal(204, (int)patched.StatusCode);
        Assert.Equal(404, await StatusAsync(HttpMethod.Head, foreign));
        using var part = await _links.CreateAsync(mine, 3, concat: "partial");
        var foreignPart = part.Headers.Location!;
        using (var patched = await _links.PatchAsync(foreignPart.AbsolutePath, 0, new StringContent("abc")))
            Assert.Equal(204, (int)patched.StatusCode);
        using var joined = await _links.CreateAsync(other, null, "j.txt", concat: $"final;/files/{foreignPart.Segments[^1]}");
        Assert.Equal(400, (int)joined.StatusCode);
        using var own = await _links.CreateAsync(mine, null, "j.txt", concat: $"final;{foreignPart}");
        Assert.Equal(201, (int)own.StatusCode);
        Assert.Equal("abc", await _service.Client.GetStringAsync("/api/tree/mine/j.txt"));
    }

    [Fact]
    public async Task A_wrong_token_is_answered_like_an_absent_link_and_an_ended_link_says_so()
    {
        var link = await _links.MakeAsync(new { kind = "upload" });
        var wrong = $"/l/{link.Token[..^1]}{(link.Token[^1] == 'A' ? 'E' : 'A')}";
        async Task<string> BodyAsync(string path)
        {
            using var answer = await _links.Http.GetAsync($"{path}/about");
            Assert.Equal(404, (int)answer.StatusCode);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return string.Join('\n', json.RootElement.EnumerateObject().Where(field => field.Name != "requestId"));
        }

        Assert.Equal(await BodyAsync("/l/" + new string('A', 43)), await BodyAsync(wrong));
        using (var revoked = await _service.Client.DeleteAsync($"/api/links/{link.Id}"))
            Assert.Equal(204, (int)revoked.StatusCode);
        await Eventually.HoldsAsync(async () => await StatusAsync(HttpMethod.Get, $"{link.Path}/about") == 410);
        using var put = await _links.PutAsync(link, "late.txt", "late");
        Assert.Equal("link_closed", await LinkClient.CodeAsync(put));
        var soon = await _links.MakeAsync(new { kind = "upload", expiresInSeconds = 60 });
        await ExpireAsync(soon);
        await Eventually.HoldsAsync(async () => await StatusAsync(HttpMethod.Get, $"{soon.Path}/about") == 410);
    }

    [Fact]
    public async Task Revoking_cuts_a_running_upload_and_keeps_its_bytes()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "cut", parents = true });
        using var created = await _links.CreateAsync(link, 1 << 30, "big.bin");
        var location = created.Headers.Location!.AbsolutePath;
        using var body = new SlowBody();
        var running = _links.PatchAsync(location, 0, body);
        await body.Started;
        (await _service.Client.DeleteAsync($"/api/links/{link.Id}")).Dispose();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        var id = created.Headers.Location!.Segments[^1];
        await Eventually.HoldsAsync(async () =>
        {
            using var head = new HttpRequestMessage(HttpMethod.Head, $"/files/{id}");
            head.Headers.Add("Tus-Resumable", "1.0.0");
            using var answer = await _service.Client.SendAsync(head);
            return answer.Headers.TryGetValues("Upload-Offset", out var offset) && long.Parse(offset.Single()) > 0;
        });
    }

    [Fact]
    public async Task A_link_ends_when_its_maker_may_not_share_any_more()
    {
        var user = new User(
            Guid.NewGuid(), "uli", "uli", null, false, false, true, false, default, null, [new(Caller.DefaultTenant, Role.Member)]);
        Assert.True(await People.AddUserAsync(user, null, default));
        var (text, shown) = KeySecret.New();
        var key = new ApiKey(
            Guid.NewGuid(), Caller.DefaultTenant, user.Id, "app", shown, Scopes.Upload | Scopes.List | Scopes.Read, user.Subject, default,
            null, null, null);
        await People.AddKeyAsync(key, KeySecret.Hash(text), default);
        using var maker = _service.CreateClient(withKey: false);
        maker.DefaultRequestHeaders.Authorization = new("Bearer", text);
        var link = await _links.MakeAsync(new { kind = "upload" }, maker);
        using (var put = await _links.PutAsync(link, "unfiled.txt", "text"))
            Assert.Equal(201, (int)put.StatusCode);
        // The link's maker sees and manages the received uploads; another member does neither.
        Assert.Contains("unfiled.txt", await maker.GetStringAsync("/api/files"), StringComparison.Ordinal);
        Assert.Contains(link.Id, await maker.GetStringAsync("/api/links"), StringComparison.Ordinal);
        // A viewer may not upload, so a viewer's links may not either.
        await People.SetRoleAsync(user.Id, Caller.DefaultTenant, Role.Viewer, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(HttpMethod.Get, $"{link.Path}/about") == 410);
        // The rights of a key are read again within two seconds.
        await Eventually.HoldsAsync(async () =>
            (await maker.PostAsJsonAsync("/api/links", new { kind = "upload" })).StatusCode == HttpStatusCode.Forbidden);
        await People.SetRoleAsync(user.Id, Caller.DefaultTenant, Role.Member, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(HttpMethod.Get, $"{link.Path}/about") == 200);
        await People.RevokeKeyAsync(Caller.DefaultTenant, key.Id, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(HttpMethod.Get, $"{link.Path}/about") == 410);
    }

    [Fact]
    public async Task Hostile_names_become_harmless_ones()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "hostile", parents = true });
        foreach (var name in new[] { "..", "a\u202Egpj.exe", "x\r\nSet-Cookie: a=b", "C:\\autoexec.bat", "", " ", "a\0b" })
        {
            using var created = await _links.CreateAsync(link, 1, name);
            Assert.True((int)created.StatusCode is 201 or 400, $"{name}: {created.StatusCode}");
            if (created.StatusCode == HttpStatusCode.Created)
                (await _links.PatchAsync(created.Headers.Location!.AbsolutePath, 0, new StringContent("x"))).Dispose();
        }

        var listing = await _service.Client.GetFromJsonAsync<JsonElement>("/api/tree/hostile/");
        var names = listing.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Null(FileNameRule.Fault(name)));
    }

    [Fact]
    public async Task The_token_is_in_no_log_metric_trace_or_error()
    {
        var traces = new ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = trace => traces.Add(
                $"{trace.DisplayName} {string.Join(' ', trace.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))}"),
        };
        ActivitySource.AddActivityListener(listener);
        var link = await _links.MakeAsync(new { kind = "upload", path = "quiet", parents = true });
        using (var put = await _links.PutAsync(link, "a.txt", "a"))
            Assert.Equal(201, (int)put.StatusCode);
        using var created = await _links.CreateAsync(link, 3, "b.txt");
        var bodies = new List<string>();
        foreach (var path in new[] { "", "/about", "/nothing", "/files/0", "/uploads", "/api/files", "/?x=1", "/%zz" })
        {
            using var answer = await _links.Http.GetAsync(link.Path + path);
            bodies.Add(await answer.Content.ReadAsStringAsync());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        }

        using (var form = await _links.Http.PutAsync($"{link.Path}/files/f", new MultipartFormDataContent()))
            bodies.Add(await form.Content.ReadAsStringAsync());
        using (var joined = await _links.CreateAsync(link, null, concat: $"final;http://elsewhere{link.Path}/other/x"))
            bodies.Add(await joined.Content.ReadAsStringAsync());
        Assert.All(bodies, body => Assert.DoesNotContain(link.Token, body, StringComparison.Ordinal));
        Assert.NotEmpty(traces);
        Assert.DoesNotContain(traces, trace => trace.Contains(link.Token, StringComparison.Ordinal));
        Assert.DoesNotContain(link.Token, await _service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.DoesNotContain(_service.Log.All, line => line.Contains(link.Token, StringComparison.Ordinal));
        Assert.Contains(_service.Log.All, line => line.Contains($"link:{link.Id}", StringComparison.Ordinal));
    }

    private IPeopleLedger People => _service.Services.GetRequiredService<IPeopleLedger>();

    private async Task ExpireAsync(LinkClient.Link link)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_service.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            $"update links set expires_at = now() - interval '1 second' where id = '{link.Id}'; "
                + "update access_version set number = number + 1",
            connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string?> OffsetAsync(string location)
    {
        using var answer = await _links.TusAsync(HttpMethod.Head, location);
        Assert.Equal(200, (int)answer.StatusCode);
        return answer.Headers.GetValues("Upload-Offset").Single();
    }

    private async Task<int> StatusAsync(HttpMethod method, string path)
    {
        using var answer = await _links.TusAsync(method, path);
        return (int)answer.StatusCode;
    }

    /// <summary>A body that never ends.</summary>
    private sealed class SlowBody : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (true)
            {
                await stream.WriteAsync(new byte[65536]);
                await stream.FlushAsync();
                _started.TrySetResult();
                await Task.Delay(50);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
