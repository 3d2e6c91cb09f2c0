using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Users and keys: what they may see, and how fast a right ends.</summary>
public sealed class PeopleTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_member_sees_his_own_uploads_and_the_shared_files_and_nothing_else()
    {
        using var ann = await MemberAsync("ann", Role.Member);
        using var bob = await MemberAsync("bob", Role.Member);
        var mine = await PutAsync(ann, "/api/files/ann.txt", "hers");
        Assert.Equal(200, await StatusAsync(ann, $"/api/files/{mine}/content"));
        var absent = await BodyAsync(bob, $"/api/files/{Guid.NewGuid():n}/content");
        Assert.Equal(absent, await BodyAsync(bob, $"/api/files/{mine}/content"));
        Assert.DoesNotContain(mine, await BodyAsync(bob, "/api/files"), StringComparison.Ordinal);
        Assert.Contains(mine, await BodyAsync(ann, "/api/files"), StringComparison.Ordinal);
        Assert.Equal(404, await StatusAsync(bob, $"/api/files/{mine}", HttpMethod.Delete));
        // An admin sees everything in the tenant, and every member sees the files in the shared space.
        using var admin = await MemberAsync("cyd", Role.Admin);
        Assert.Equal(200, await StatusAsync(admin, $"/api/files/{mine}/content"));
        using (var put = await ann.PutAsync("/api/tree/shared.txt", new StringContent("all")))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal("all", await bob.GetStringAsync("/api/tree/shared.txt"));
        Assert.Equal(403, await StatusAsync(ann, "/api/networks"));
    }

    [Fact]
    public async Task A_folder_is_copied_between_spaces_that_the_caller_can_access()
    {
        using var ann = await MemberAsync("ann3", Role.Member);
        using var bob = await MemberAsync("bob3", Role.Member);
        var own = (await SpacesAsync(ann)).Single(space => space.GetProperty("kind").GetString() == "own").GetProperty("id").GetString();
        using (var put = await ann.PutAsync($"/api/spaces/{own}/tree/trip/day/one.txt?parents=true", new StringContent("mine")))
            Assert.Equal(201, (int)put.StatusCode);
        var shared = (await SpacesAsync(ann)).Single(space => space.GetProperty("kind").GetString() == "shared").GetProperty("id")
            .GetString();

        using (var copy = await ann.PostAsJsonAsync($"/api/spaces/{own}/tree/copy", new { from = "trip", to = "ann3", space = shared }))
        {
            Assert.Equal(201, (int)copy.StatusCode);
            Assert.Equal($"/api/spaces/{shared}/tree/ann3", copy.Headers.Location!.OriginalString);
        }

        Assert.Equal("mine", await bob.GetStringAsync("/api/tree/ann3/day/one.txt"));
        Assert.Equal("mine", await ann.GetStringAsync($"/api/spaces/{own}/tree/trip/day/one.txt"));
        using (var file = await ann.PostAsJsonAsync(
            $"/api/spaces/{own}/tree/copy", new { from = "trip/day/one.txt", to = "ann3/two.txt", space = shared }))
            Assert.Equal(201, (int)file.StatusCode);
        Assert.Equal("mine", await bob.GetStringAsync("/api/tree/ann3/two.txt"));

        // A copy into or out of an inaccessible space is answered as if that space did not exist.
        using (var into = await bob.PostAsJsonAsync("/api/tree/copy", new { from = "ann3", to = "mine", space = own }))
            Assert.Equal(404, (int)into.StatusCode);
        using (var from = await bob.PostAsJsonAsync($"/api/spaces/{own}/tree/copy", new { from = "trip", to = "trip", space = shared }))
            Assert.Equal(404, (int)from.StatusCode);
    }

    [Fact]
    public async Task A_users_own_space_is_closed_to_others()
    {
        using var ann = await MemberAsync("ann2", Role.Member);
        using var bob = await MemberAsync("bob2", Role.Member);
        var own = (await SpacesAsync(ann)).Single(space => space.GetProperty("kind").GetString() == "own").GetProperty("id").GetString();
        using (var put = await ann.PutAsync($"/api/spaces/{own}/tree/secret.txt", new StringContent("mine")))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal("mine", await ann.GetStringAsync($"/api/spaces/{own}/tree/secret.txt"));
        Assert.Equal(404, await StatusAsync(bob, $"/api/spaces/{own}/tree/secret.txt"));
        Assert.Equal(404, await StatusAsync(bob, $"/api/entries/{own}"));
        Assert.DoesNotContain(await SpacesAsync(bob), space => space.GetProperty("id").GetString() == own);
        // The digest of a file that the caller cannot read gives no access to it.
        using var known = new HttpRequestMessage(HttpMethod.Put, "/api/tree/guess.txt");
        known.Headers.Add("X-Content-SHA256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("mine"u8)));
        using var guessed = await bob.SendAsync(known);
        Assert.Equal(409, (int)guessed.StatusCode);
    }

    [Fact]
    public async Task Tenants_are_blind_to_each_other()
    {
        await People.AddTenantAsync("acme", "Acme", default);
        using var here = await MemberAsync("dan", Role.Admin);
        using var there = await MemberAsync("eve", Role.Admin, "acme");
        var mine = await PutAsync(here, "/api/files/x.txt", "here");
        Assert.Equal(404, await StatusAsync(there, $"/api/files/{mine}/content"));
        using (var put = await here.PutAsync("/api/tree/here.txt", new StringContent("here")))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal(404, await StatusAsync(there, "/api/tree/here.txt"));
        var shared = (await SpacesAsync(here)).First().GetProperty("id").GetString();
        Assert.Equal(404, await StatusAsync(there, $"/api/spaces/{shared}/tree/here.txt"));
        Assert.DoesNotContain(await SpacesAsync(there), space => space.GetProperty("id").GetString() == shared);
    }

    [Fact]
    public async Task A_viewer_reads_and_changes_nothing()
    {
        using var ann = await MemberAsync("ann3", Role.Member);
        using var viewer = await MemberAsync("vic", Role.Viewer);
        using (var put = await ann.PutAsync("/api/tree/v.txt", new StringContent("v")))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal("v", await viewer.GetStringAsync("/api/tree/v.txt"));
        Assert.Equal(403, await StatusAsync(viewer, "/api/tree/v.txt", HttpMethod.Delete));
        Assert.Equal(403, await StatusAsync(viewer, "/api/tree/w.txt", HttpMethod.Put));
        Assert.Equal(403, await StatusAsync(viewer, "/api/files/w.txt", HttpMethod.Put));
    }

    [Fact]
    public async Task A_revoked_right_ends_within_moments_even_for_a_running_upload()
    {
        var user = await UserAsync("fay", Role.Member);
        using var fay = await ClientAsync(user);
        Assert.Equal(200, await StatusAsync(fay, "/api/files"));
        using var body = new SlowContent();
        var upload = fay.PutAsync("/api/files/slow.bin", body);
        await body.Started;
        Assert.True(await People.ChangeUserAsync(user.Id, null, null, null, enabled: false, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(fay, "/api/files") == 401);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => upload);
        Assert.True(await People.ChangeUserAsync(user.Id, null, null, null, enabled: true, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(fay, "/api/files") == 200);
        await People.AddTenantAsync("soon", "Soon", default);
        using var other = await MemberAsync("gus", Role.Member, "soon");
        await People.ChangeTenantAsync("soon", null, suspended: true, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(other, "/api/files") == 401);
    }

    [Fact]
    public async Task A_secret_ends_with_the_key_that_has_made_it_by_a_rotation()
    {
        var (thief, other) = (await AddedAsync("thief"), await AddedAsync("other"));
        var (secret, prefix) = KeySecret.New();
        Assert.True(await People.RotateKeyAsync(
            Caller.DefaultTenant, other.Key, prefix, KeySecret.Hash(secret), TimeSpan.FromHours(1), thief.Key, default));
        using var stolen = ClientOf(secret);
        using var own = ClientOf(other.Secret);
        await PutAsync(stolen, "/api/files/a.txt", "a");
        Assert.True(await People.RevokeKeyAsync(Caller.DefaultTenant, thief.Key, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(stolen, "/api/files/b.txt", HttpMethod.Put) == 401);
        await PutAsync(own, "/api/files/c.txt", "c");

        async Task<(Guid Key, string Secret)> AddedAsync(string name)
        {
            var (text, shown) = KeySecret.New();
            var key = new ApiKey(
                Guid.NewGuid(), Caller.DefaultTenant, null, name, shown, Scopes.Upload, "operator", default, null, null, null);
            await People.AddKeyAsync(key, KeySecret.Hash(text), default);
            return (key.Id, text);
        }
    }

    [Fact]
    public async Task A_rotated_key_is_valid_beside_the_new_one_for_a_while()
    {
        var (text, shown) = KeySecret.New();
        var key = new ApiKey(
            Guid.NewGuid(), Caller.DefaultTenant, null, "app", shown, Scopes.Upload, "operator", default, null, null, null);
        await People.AddKeyAsync(key, KeySecret.Hash(text), default);
        using var old = ClientOf(text);
        await PutAsync(old, "/api/files/a.txt", "a");
        var (newer, prefix) = KeySecret.New();
        Assert.True(await People.RotateKeyAsync(
            Caller.DefaultTenant, key.Id, prefix, KeySecret.Hash(newer), TimeSpan.FromHours(1), null, default));
        using var fresh = ClientOf(newer);
        await PutAsync(old, "/api/files/b.txt", "b");
        await PutAsync(fresh, "/api/files/c.txt", "c");
        var (newest, third) = KeySecret.New();
        Assert.True(await People.RotateKeyAsync(Caller.DefaultTenant, key.Id, third, KeySecret.Hash(newest), TimeSpan.Zero, null, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(old, "/api/files/d.txt", HttpMethod.Put) == 401);
        await Eventually.HoldsAsync(async () => await StatusAsync(fresh, "/api/files/d.txt", HttpMethod.Put) == 401);
        using var last = ClientOf(newest);
        await PutAsync(last, "/api/files/e.txt", "e");
        Assert.Equal(403, await StatusAsync(last, "/api/files"));
        Assert.True(await People.RevokeKeyAsync(Caller.DefaultTenant, key.Id, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(last, "/api/files/f.txt", HttpMethod.Put) == 401);
        Assert.NotNull((await People.FindKeyAsync(Caller.DefaultTenant, key.Id, default))!.UsedAt);
    }

    [Fact]
    public async Task A_user_signs_in_by_password_and_by_an_invitation()
    {
        var user = await UserAsync("Hal", Role.Member);
        using var browser = new BrowserClient(_service);
        using (var wrong = await browser.PostAsync("/signin", new { name = "hal", password = "not this one" }))
            Assert.Equal("invalid_password", await CodeAsync(wrong));
        using (var unknown = await browser.PostAsync("/signin", new { name = "nobody", password = "not this one" }))
            Assert.Equal("invalid_password", await CodeAsync(unknown));
        using (var right = await browser.PostAsync("/signin", new { name = "HAL ", password = Password }))
            Assert.Equal(200, (int)right.StatusCode);
        Assert.Equal(200, await browser.StatusAsync("/api/files"));
        Assert.Equal(403, await browser.StatusAsync("/api/networks"));
        // A new password ends the sessions; the link is good once.
        var link = await _service.Services.GetRequiredService<BrowserSessions>().NewLinkAsync(user, default);
        using var invited = new BrowserClient(_service);
        using (var empty = await invited.PostAsync("/signin", new { link }))
            Assert.Equal("password_needed", await CodeAsync(empty));
        using (var chosen = await invited.PostAsync("/signin", new { link, password = "another long one" }))
            Assert.Equal(200, (int)chosen.StatusCode);
        using var late = new BrowserClient(_service);
        using (var again = await late.PostAsync("/signin", new { link, password = "a third long one" }))
            Assert.Equal("link_ended", await CodeAsync(again));
        await Eventually.HoldsAsync(async () => await browser.StatusAsync("/api/files") == 401);
        Assert.Equal(200, await invited.StatusAsync("/api/files"));
    }

    private IPeopleLedger People => _service.Services.GetRequiredService<IPeopleLedger>();

    private async Task<User> UserAsync(string name, Role role, string tenant = Caller.DefaultTenant)
    {
        var user = new User(
            Guid.NewGuid(), name.ToLowerInvariant(), name, null, true, false, true, false, default, null, [new Membership(tenant, role)]);
        Assert.True(await People.AddUserAsync(user, _service.Services.GetRequiredService<Passwords>().Hash(Password), default));
        return user;
    }

    private async Task<HttpClient> MemberAsync(string name, Role role, string tenant = Caller.DefaultTenant) =>
        await ClientAsync(await UserAsync(name, role, tenant), tenant);

    private async Task<HttpClient> ClientAsync(User user, string tenant = Caller.DefaultTenant)
    {
        var (text, shown) = KeySecret.New();
        var key = new ApiKey(Guid.NewGuid(), tenant, user.Id, "mine", shown, Scopes.All, user.Subject, default, null, null, null);
        await People.AddKeyAsync(key, KeySecret.Hash(text), default);
        return ClientOf(text);
    }

    private HttpClient ClientOf(string key)
    {
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<string> PutAsync(HttpClient client, string path, string text)
    {
        using var answer = await client.PutAsync(path, new StringContent(text));
        Assert.Equal(201, (int)answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task<int> StatusAsync(HttpClient client, string path, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (method == HttpMethod.Put)
            request.Content = new StringContent("x");
        try
        {
            using var answer = await client.SendAsync(request);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // The right ended while the request ran.
            return 0;
        }
    }

    /// <summary>The body of a refusal without what differs from request to request.</summary>
    private static async Task<string> BodyAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        if ((int)answer.StatusCode < 400)
            return text;
        using var json = JsonDocument.Parse(text);
        var id = path.Split('/')[3];
        return string.Join('\n', json.RootElement.EnumerateObject().Where(field => field.Name != "requestId"))
            .Replace(id, "ID", StringComparison.Ordinal);
    }

    private static async Task<List<JsonElement>> SpacesAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/spaces")).GetProperty("items").EnumerateArray()];

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();

    /// <summary>A body that never ends.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
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
