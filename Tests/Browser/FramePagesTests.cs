using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The frame in Chromium: who sees which entries, old addresses, new things, and the page of a phone.</summary>
public sealed class FramePagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly string[] Manage = ["People", "Keys", "Limits", "Webhooks", "Audit"];
    private static readonly string[] Operate = ["Overview", "Jobs", "Networks", "Tenants", "System"];

    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task Each_role_sees_its_entries_and_each_of_them_opens()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var role in (string[])["viewer", "member", "admin"])
        {
            var person = new { name = role, role, password = "correct horse battery staple" };
            using var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), person);
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        using var browser = ConsoleRig.Start("entries", service.Address, service.Key, "viewer", "member", "admin", "key");
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Empty(Words(result.GetProperty("refused")));
        var seen = result.GetProperty("seen");
        AssertEntries(seen.GetProperty("viewer"), ["Files", "Links"], [], ["Upload"]);
        AssertEntries(seen.GetProperty("member"), ["Upload", "Files", "Links"], [], []);
        AssertEntries(seen.GetProperty("admin"), ["Upload", "Files", "Links"], Manage, []);
        AssertEntries(seen.GetProperty("key"), ["Upload", "Files", "Links"], [.. Manage, .. Operate], []);
        Assert.Equal(
            [
                "Account", "Sessions and devices", "My keys", "My limits", "Terminal and apps", "API", "Documents", "Light or dark",
                "Sign out",
            ],
            Words(seen.GetProperty("member").GetProperty("own")));
        Assert.DoesNotContain("My limits", Words(seen.GetProperty("admin").GetProperty("own")));
        // The operator key has no account.
        Assert.DoesNotContain("Account", Words(seen.GetProperty("key").GetProperty("own")));
    }

    [ConsoleFact]
    public async Task Addresses_of_before_lead_to_the_screens_of_now()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("moved", service.Address, service.Key);
        var (reached, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(
            [
                "#/people People", "#/keys Keys", "#/audit?kind=key Audit", "#/tenants Tenants", "#/sessions Sessions and devices",
                "#/limits?of=tenant Limits", "#/spaces Spaces", "#/links Links", "#/uploads All uploads", "#/history?range=24h History",
                "#/upload Upload",
            ],
            Words(reached));
    }

    [ConsoleTheory]
    [ReleaseData("backWide")]
    [InlineData("backNarrow")]
    public async Task Back_closes_what_lies_over_a_folder_before_it_leaves_it(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var name in (string[])["a.txt", "b.txt"])
        {
            using var content = new StringContent(name);
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/back/{name}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
    }

    [ConsoleTheory]
    [InlineData("makeWide")]
    [ReleaseData("makeNarrow")]
    public async Task New_things_go_into_the_folder_that_is_open(string scenario)
    {
        var (path, bytes) = _rig.File("tide.csv", 2000);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, path);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var items = Words(result.GetProperty("items")).ToArray();
        Assert.Equal(["Upload files", "Upload folder", "Folder"], items[..3]);
        Assert.Equal("Ask for files", items[^1]);
        // As wide as its longest word, not as all of them together.
        Assert.InRange(result.GetProperty("wide").GetInt32(), 100, 200);
        Assert.Equal(bytes, await service.Client.GetByteArrayAsync(ApiClient.At("/api/tree/Quay/tide.csv")));
        using var guest = service.CreateClient(withKey: false);
        using var file = new ByteArrayContent("photo"u8.ToArray());
        using var sent = await guest.PutAsync(result.GetProperty("link").GetString() + "/files/photo.jpg", file);
        Assert.True(sent.IsSuccessStatusCode);
        await ConsoleRig.AssertContentAsync(service.Client, "Quay/photo.jpg", "photo"u8.ToArray());
    }

    [ConsoleFact]
    public async Task A_phone_has_four_tabs_and_a_page_with_the_rest()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("more", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var tabs = Words(result.GetProperty("tabs")).ToArray();
        Assert.Equal((4, "Upload", "Files", "More"), (tabs.Length, tabs[0], tabs[1], tabs[3]));
        var lines = Words(result.GetProperty("lines")).ToArray();
        Assert.Equal([.. Manage, .. Operate], lines.Intersect([.. Manage, .. Operate]));
        Assert.Empty(lines.Intersect(tabs));
    }

    [ConsoleFact]
    public async Task A_long_tree_scrolls_by_itself_and_is_shown_on_files_only()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        for (var number = 1; number <= 40; number++)
        {
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/folder%20{number}/"), null);
            Assert.True(made.IsSuccessStatusCode);
        }

        using var browser = ConsoleRig.Start("longTree", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.True(result.GetProperty("links").GetBoolean());
        Assert.True(result.GetProperty("person").GetBoolean());
        Assert.Equal(0, result.GetProperty("leaves").GetInt32());
    }

    [ConsoleFact]
    public async Task Rows_are_opened_chosen_renamed_and_dragged_by_mouse_and_keys()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var path in (string[])["work/a.txt", "work/b.txt", "work/done/"])
        {
            using var content = new StringContent(path.EndsWith('/') ? "" : "hello");
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/{path}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("hands", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(["Open", "Show large", "Download", "Share", "Move", "Copy", "Rename", "Delete"], Words(result.GetProperty("menu")));
        Assert.Equal(["b.txt", "renamed.txt"], Words(result.GetProperty("inner")));
        await ConsoleRig.AssertContentAsync(service.Client, "work/done/renamed.txt", "hello"u8.ToArray());
    }

    private static void AssertEntries(JsonElement seen, string[] main, string[] others, string[] not)
    {
        var lines = Words(seen.GetProperty("lines")).ToArray();
        Assert.Equal(main, lines.Intersect(main));
        Assert.Equal(others, lines.Intersect([.. Manage, .. Operate]));
        Assert.Empty(lines.Intersect(not));
        Assert.Equal(others.Contains("People"), Words(seen.GetProperty("groups")).Contains("Manage"));
        Assert.Equal(others.Contains("Jobs"), Words(seen.GetProperty("groups")).Contains("Operate"));
        Assert.Equal(0, seen.GetProperty("faults").GetInt32());
    }

    private static IEnumerable<string> Words(JsonElement array) => array.EnumerateArray().Select(word => word.GetString()!);
}
