using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Access;
using Caller = ChunkUpload.Demo.Caller;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private static readonly string[] OwnScopes = ["upload", "read", "list", "delete", "transfers", "projects"];
    private static readonly string[] UploadOnly = ["upload"];
    private static readonly string[] Completed = ["completed"];

    /// <summary>Tenants, users with each role, keys of each kind, limits, and a second factor.</summary>
    private async Task AddPeopleAsync()
    {
        _ = await _operator.SendAsync(HttpMethod.Patch, "/api/tenants/default", JsonContent.Create(new { title = "Main" }));
        _ = await _operator.PostAsync("/api/tenants", new { name = "studio", title = "Studio" });
        foreach (var (name, role, tenant) in new[]
            { ("ann", "member", "default"), ("ben", "viewer", "default"), ("ada", "admin", "studio"), ("sam", "member", "default") })
        {
            var made = await _operator.PostAsync(
                "/api/users", new { name, displayName = $"{name} O.", email = $"{name}@example.org", role, tenant, password = Password });
            _facts.Names[name] = made.GetProperty("user").GetProperty("id").GetString()!;
        }

        var disabled = await _operator.PostAsync("/api/users", new { name = "zoe", role = "member", password = Password });
        var zoe = disabled.GetProperty("user").GetProperty("id").GetString();
        _ = await _operator.SendAsync(HttpMethod.Patch, $"/api/users/{zoe}", JsonContent.Create(new { enabled = false }));
        _ = await _operator.PostAsync("/api/users", new { name = "invited", role = "member" });

        using (var ann = await Caller.SignInAsync(_service.Address, "ann", Password, "127.0.0.1", Browser, default))
        {
            var made = await ann.PostAsync(
                "/api/keys", new { name = "laptop", kind = "own", scopes = OwnScopes, currentPassword = Password }, default);
            _facts.Names["ann's key"] = made.GetProperty("secret").GetString()!;
        }

        using (var sam = await Caller.SignInAsync(_service.Address, "sam", Password, "127.0.0.1", Browser, default))
        {
            var begun = await sam.PostAsync("/api/me/second-factor", new { currentPassword = Password }, default);
            var secret = begun.GetProperty("secret").GetString()!;
            var step = OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow());
            _ = await sam.SendAsync(
                HttpMethod.Put, "/api/me/second-factor", new { code = OneTimeCodes.Code(SecondFactorTests.Decode(secret), step - 1) },
                default);
            _facts.Names["sam's second factor"] = secret;
        }

        var camera = await _operator.PostAsync("/api/keys", new { name = "camera", kind = "tenant", scopes = UploadOnly });
        _facts.Names["camera's key"] = camera.GetProperty("secret").GetString()!;
        var revoked = await _operator.PostAsync("/api/keys", new { name = "lost", kind = "tenant", scopes = UploadOnly, days = 30 });
        _ = await _operator.SendAsync(
            HttpMethod.Delete, $"/api/keys/{revoked.GetProperty("key").GetProperty("id").GetString()}", null);
        _facts.Names["revoked key"] = revoked.GetProperty("secret").GetString()!;

        await LimitAsync("tenant/studio", new { storedBytes = 10_000_000_000, files = 100_000, openUploads = 500 });
        await LimitAsync("default/user", new { maxFileSize = 5_000_000_000, requestsPerMinute = 60_000, receiveBandwidth = "1G" });
        await LimitAsync($"user/{_facts.Names["ben"]}", new { types = new[] { "image/*" }, receivedPerDay = 1_000_000 });
        _facts.Lists["/api/users?limit=100"] = await NamesAsync("/api/users?limit=100");
        _facts.Lists["/api/tenants"] = await NamesAsync("/api/tenants");

        Task LimitAsync(string target, object values) =>
            _operator.SendAsync(HttpMethod.Put, $"/api/limits/{target}", JsonContent.Create(values));
    }

    /// <summary>Webhooks: one gets everything; others fail, are off, belong to the service itself, and speak as tusd does.</summary>
    private async Task AddWebhooksAsync()
    {
        _ = await AddAsync("all", new { title = "all", url = _hooks.Url });
        _facts.Names["failing webhook"] = await AddAsync("failing", new { title = "failing", url = _silent.Url, events = Completed });
        var off = await AddAsync("off", new { title = "off", url = _hooks.Url });
        _ = await _operator.SendAsync(HttpMethod.Patch, $"/api/webhooks/{off}", JsonContent.Create(new { enabled = false }));
        _ = await AddAsync("alerts", new { title = "alerts", url = _hooks.Url, service = true });
        _ = await AddAsync("tusd", new { title = "tusd", url = _hooks.Url, format = "tusd" });
        _facts.Lists["/api/webhooks"] = await NamesAsync("/api/webhooks", "title");

        async Task<string> AddAsync(string name, object body)
        {
            var made = await _operator.PostAsync("/api/webhooks", body);
            _facts.Names[$"secret of the webhook {name}"] = made.GetProperty("secret").GetString()!;
            return made.GetProperty("webhook").GetProperty("id").GetString()!;
        }
    }

    /// <summary>Links of both kinds, used, protected, and revoked.</summary>
    private async Task AddLinksAsync()
    {
        const int Years = 3650 * 86_400;
        var upload = await LinkAsync(
            new
            {
                kind = "upload",
                path = "Inbox",
                parents = true,
                title = "For guests",
                maxFiles = 50,
                folders = true,
                expiresInSeconds = Years,
            });
        var guest = UpgradeClient.Of(_service, "");
        var (seed, bytes) = New(45_000);
        _ = await guest.SendAsync(HttpMethod.Put, $"{upload}/files/guest.bin", new ByteArrayContent(bytes));
        await AcceptedAsync("/api/tree/Inbox/guest.bin");
        _facts.Files.Add(new KeptFile("/api/tree/Inbox/guest.bin", seed, bytes.Length));

        (seed, bytes) = New(220_000);
        var session = await guest.SessionAsync(bytes.Length, new { fileName = "guest session.bin", size = bytes.Length }, upload);
        await guest.ChunkAsync(session, bytes, 100_000, 120_000);
        _facts.Uploads.Add(
            new KeptUpload("session", session, seed, bytes.Length, "/api/tree/Inbox/guest%20session.bin", ""));
        (seed, bytes) = New(110_000);
        var path = await guest.TusAsync(
            upload, ("Upload-Length", $"{bytes.Length}"), ("Upload-Metadata", $"filename {Base64("guest tus.bin")}"));
        await guest.TusPatchAsync(path, bytes, 0, 70_000);
        _facts.Uploads.Add(new KeptUpload("tus", path, seed, bytes.Length, "/api/tree/Inbox/guest%20tus.bin", ""));

        var download = await LinkAsync(
            new { kind = "download", path = "Projects/plan.bin", title = "The plan", maxDownloads = 100, expiresInSeconds = Years });
        var kept = _facts.Files.Single(file => file.Address == "/api/tree/Projects/plan.bin");
        _facts.Files.Add(kept with { Address = $"{download}/content", Key = "" });
        _facts.Names["link with a password"] = await LinkAsync(
            new { kind = "download", path = "Projects", password = Password, expiresInSeconds = Years });
        var revoked = await LinkAsync(new { kind = "download", path = "Projects" });
        var list = await _operator.GetAsync("/api/links");
        var newest = list.GetProperty("items").EnumerateArray().MaxBy(link => link.GetProperty("createdAt").GetDateTimeOffset());
        _ = await _operator.SendAsync(HttpMethod.Delete, $"/api/links/{newest.GetProperty("id").GetString()}", null);
        _facts.Names["revoked link"] = revoked;

        async Task<string> LinkAsync(object body)
        {
            var link = await _operator.PostAsync("/api/links", body);
            return new Uri(link.GetProperty("url").GetString()!).AbsolutePath;
        }
    }

    private async Task<IList<string>> NamesAsync(string list, string field = "name") => await NamesAsync(_operator, list, field);

    /// <summary>The names of the items of a list.</summary>
    internal static async Task<IList<string>> NamesAsync(UpgradeClient client, string list, string field) =>
    [
        .. (await client.GetAsync(list)).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty(field).GetString()!).Order(StringComparer.Ordinal),
    ];
}
