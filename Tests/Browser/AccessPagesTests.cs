using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Access screen, links to share, and the second factor in Chromium.</summary>
public sealed class AccessPagesTests : IClassFixture<PostgresFixture>
{
    private readonly PostgresFixture _postgres;

    public AccessPagesTests(PostgresFixture postgres) => _postgres = postgres;

    [ConsoleFact]
    public async Task An_operator_manages_people_keys_links_tenants_limits_and_reads_the_audit()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("access", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("/signin#link=", result.GetProperty("invitation").GetString(), StringComparison.Ordinal);
        Assert.Contains("/l/", result.GetProperty("link").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(result.GetProperty("first").GetString(), result.GetProperty("second").GetString());
        var set = result.GetProperty("set");
        Assert.Equal("Mon-08:00,512k Mon-10:00,off", set.GetProperty("receiveBandwidth").GetString());
        Assert.Equal("project", Assert.Single(set.GetProperty("metadata").EnumerateArray()).GetProperty("key").GetString());
        Assert.EndsWith(".csv", result.GetProperty("csv").GetString(), StringComparison.Ordinal);
        // The key was revoked in the page.
        using var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", result.GetProperty("second").GetString());
        using var refused = await client.GetAsync("/api/me");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [ConsoleFact]
    public async Task A_member_sees_only_the_own_account_and_sets_up_a_second_factor()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("account", service.Address, service.Key, await InviteAsync(service, "ann", "member"));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(10, result.GetProperty("codes").GetInt32());
        Assert.Equal(2, result.GetProperty("keys").EnumerateArray().Select(secret => secret.GetString()).Distinct().Count());
        // The key that was made for a drive is the password of one.
        var drive = result.GetProperty("drive");
        var (address, user) = (drive.GetProperty("address").GetString(), $"ann:{drive.GetProperty("key").GetString()}");
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "note.txt"), "from a drive");
        _ = await Tool.RunAsync(folder.Path, "curl", "-sSf", "-u", user, "-T", "note.txt", $"{address}own/note.txt");
        Assert.Equal("from a drive", await Tool.RunAsync(folder.Path, "curl", "-sSf", "-u", user, $"{address}own/note.txt"));
        Assert.Contains(
            "/dav/own/note.txt</D:href>",
            await Tool.RunAsync(folder.Path, "curl", "-sSf", "-u", user, "-X", "PROPFIND", "-H", "Depth: 1", $"{address}own/"),
            StringComparison.Ordinal);
        _ = await Tool.RunAsync(folder.Path, "curl", "-sSf", "-u", user, "-X", "DELETE", $"{address}own/note.txt");
        Assert.StartsWith("The code is wrong", result.GetProperty("said").GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task Signing_in_begins_with_a_name_once_there_are_people()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("firstWay", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "invite", () => InviteAsync(service, "ann", "member"));
        var (ways, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(["by-key", "by-password"], ways.EnumerateArray().Select(way => way.GetString()));
    }

    [ConsoleFact]
    public async Task Keys_beside_the_sessions_name_their_owners()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var people = new TestPeople(service);
        using var client = await people.ClientAsync(await people.UserAsync("Ann", Role.Member));
        using var browser = ConsoleRig.Start("owners", service.Address, service.Key);
        var (owner, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("Ann", owner.GetString());
    }

    [ConsoleFact]
    public async Task A_file_is_shared_by_a_link_and_files_are_asked_for()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using (var content = new ByteArrayContent("hello"u8.ToArray()))
        using (var answer = await service.Client.PutAsync("/api/tree/shared/notes.txt?parents=true", content))
            Assert.True(answer.IsSuccessStatusCode);
        using var browser = ConsoleRig.Start("shares", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        using var client = service.CreateClient(withKey: false);
        using var revoked = await client.GetAsync(result.GetProperty("link").GetString() + "/content");
        Assert.False(revoked.IsSuccessStatusCode);
        using var file = new ByteArrayContent("photo"u8.ToArray());
        using var sent = await client.PutAsync(result.GetProperty("upload").GetString() + "/files/photo.jpg", file);
        Assert.True(sent.IsSuccessStatusCode);
        await ConsoleRig.AssertContentAsync(service.Client, "shared/photo.jpg", "photo"u8.ToArray());
    }

    [ConsoleFact]
    public async Task A_member_links_an_account_of_the_issuer_and_signs_in_with_it()
    {
        await using var issuer = await OidcProvider.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(_postgres, issuer.Settings());
        using var browser = ConsoleRig.Start("issuer", service.Address, service.Key, await InviteAsync(service, "ann", "member"));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("Begin again", result.GetProperty("said").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["request to " + issuer.Address], result.GetProperty("foreign").EnumerateArray().Select(foreign => foreign.GetString()!));
    }

    [ConsoleFact]
    public async Task A_member_confirms_a_program_that_asks_for_a_key()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("device", service.Address, service.Key, await InviteAsync(service, "ann", "member"));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(result.GetProperty("shown").GetString(), result.GetProperty("code").GetString());
        Assert.Equal(["Upload", "List"], result.GetProperty("rights").EnumerateArray().Select(right => right.GetString()));
        Assert.Equal("The current password is wrong.", result.GetProperty("said").GetString());
        Assert.Equal("authorization_pending", result.GetProperty("before").GetString());
        Assert.Equal("access_denied", result.GetProperty("refused").GetString());
        using var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", result.GetProperty("key").GetString());
        using var answer = await client.GetAsync("/api/tree/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<string> InviteAsync(TestService service, string name, string role)
    {
        using var answer = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), new { name, role });
        var view = await ApiClient.JsonAsync(answer, HttpStatusCode.Created);
        return view.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
    }
}
