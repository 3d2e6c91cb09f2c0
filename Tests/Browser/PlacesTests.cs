using System.Formats.Tar;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The console's spaces, rights, large folders, phones and tabs in Chromium: nothing is in the wrong place.</summary>
public sealed class PlacesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private const string Password = "correct horse battery staple";

    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task An_upload_of_a_person_is_private_until_another_place_is_chosen()
    {
        var (own, kept) = _rig.File("private.txt", 1000);
        var (shared, given) = _rig.File("given.txt", 1000, 2);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        // The person's own space is there before the tenant's.
        var ann = await PersonAsync(service, "ann", "Ann Lee", "member");
        (await SignedInAsync(service, "ann")).Dispose();
        await PutAsync(service, "older/old.txt");
        using (var browser = ConsoleRig.Start("privateUpload", service.Address, service.Key, own, shared))
        {
            var (result, _) = await ConsoleRig.EndAsync(browser);
            Assert.Equal("My files", result.GetProperty("to").GetString());
            Assert.Equal(["My files", "Shared files", "Trash", "Manage spaces"], Words(result.GetProperty("roots")));
        }

        var spaces = (await new ApiClient(service).GetAsync("/api/spaces")).GetProperty("items").EnumerateArray().ToList();
        var home = spaces.Single(space => space.GetProperty("owner").GetString() == $"user:{ann}").GetProperty("id").GetString();
        Assert.Equal(kept, await service.Client.GetByteArrayAsync(ApiClient.At($"/api/spaces/{home}/tree/private.txt")));
        Assert.Equal(given, await service.Client.GetByteArrayAsync(ApiClient.At("/api/tree/given.txt")));
        using var elsewhere = await service.Client.GetAsync(ApiClient.At("/api/tree/private.txt"));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [ConsoleFact]
    public async Task The_tree_of_an_operator_has_each_space_once_with_its_owners_name()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var (name, shown) in (ValueTuple<string, string>[])[("ann", "Ann Lee"), ("bob", "Bob Day"), ("cid", "Cid")])
        {
            await PersonAsync(service, name, shown, "member");
            (await SignedInAsync(service, name)).Dispose();
        }

        using var console = ConsoleRig.Start("roots", service.Address, service.Key);
        var (roots, _) = await ConsoleRig.EndAsync(console);
        Assert.Equal(["Shared files", "Ann Lee", "Bob Day", "Cid", "Trash", "Manage spaces"], Words(roots));
    }

    [ConsoleFact]
    public async Task A_search_opens_and_deletes_the_entry_that_was_clicked()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await PutAsync(service, "A/report.txt", "content of A");
        await PutAsync(service, "B/report.txt", "content of B");
        using var browser = ConsoleRig.Start("searchOpens", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(1, result.GetProperty("shown").GetInt32());
        Assert.Equal("content of A", await service.Client.GetStringAsync(ApiClient.At("/api/tree/A/report.txt")));
        using var gone = await service.Client.GetAsync(ApiClient.At("/api/tree/B/report.txt"));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [ConsoleFact]
    public async Task A_viewer_lands_on_files_and_is_offered_nothing_that_is_refused()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await PersonAsync(service, "vic", "Vic", "viewer");
        await PersonAsync(service, "ann", "Ann Lee", "member");
        using (var ann = await SignedInAsync(service, "ann"))
        {
            using var put = await ann.SendAsync(HttpMethod.Put, "/api/tree/paper.txt", null, request =>
            {
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
                request.Headers.Add("X-CSRF-Token", ann.CsrfToken);
                request.Content = new StringContent("paper");
            });
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("viewer", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("#/files", result.GetProperty("landed").GetString());
        // The list is shown before the names of its owners, and calls nobody removed meanwhile.
        Assert.Equal(("", "Ann Lee"), (result.GetProperty("unnamed").GetString(), result.GetProperty("owner").GetString()));
        Assert.Empty(Words(result.GetProperty("folder")));
        Assert.Equal(["Download", "Share"], Words(result.GetProperty("selection")));
        Assert.Equal((0, 0), (result.GetProperty("dialogs").GetInt32(), result.GetProperty("panel").GetInt32()));
        Assert.Empty(Words(result.GetProperty("trash")));
        Assert.Equal(["files", "projects", "links", "devices"], Words(result.GetProperty("screens")));
        Assert.Empty(Words(result.GetProperty("refused")));
    }

    [ConsoleFact]
    public async Task A_folder_that_cannot_be_loaded_shows_no_rows_of_the_one_before()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await PutAsync(service, "one/of one.txt");
        await PutAsync(service, "two/of two.txt");
        using var browser = ConsoleRig.Start("failedLoad", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal((0, "two"), (result.GetProperty("rows").GetInt32(), result.GetProperty("title").GetString()));
    }

    [ConsoleFact]
    public async Task Every_screen_opens_while_the_service_is_away()
    {
        await using var service = await ServiceProcess.StartAsync();
        using var browser = ConsoleRig.Start("keptScreens", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "kept", service.Kill9Async);
        var (faults, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(0, faults.GetInt32());
    }

    [ConsoleFact]
    public async Task A_large_folder_has_its_totals_all_of_its_rows_and_is_selected_as_a_whole()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, leaveOpen: true))
        {
            for (var number = 1; number <= 1200; number++)
            {
                var content = new MemoryStream("hello"u8.ToArray());
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"file {number:0000}.txt") { DataStream = content });
            }
        }

        using (var answer = await service.Client.PostAsync(
            ApiClient.At("/api/tree/many?unpack=tar&parents=true"), new ByteArrayContent(archive.ToArray())))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        using var browser = ConsoleRig.Start("manyFiles", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("1,200 files, 5.85\u00A0KiB", result.GetProperty("foot").GetString());
        // Only the rows in sight exist, and each tells where it stands.
        foreach (var drawn in (string[])["first", "last", "drawn"])
            Assert.InRange(result.GetProperty(drawn).GetInt32(), 10, 100);
        Assert.Equal(("1201", "1201"), (result.GetProperty("rows").GetString(), result.GetProperty("at").GetString()));
        var focused = result.GetProperty("focused").EnumerateArray().Select(name => name.GetString()!).ToArray();
        Assert.Equal("file 0001.txt", focused[0]);
        Assert.InRange(string.CompareOrdinal(focused[1], "file 0005.txt"), 0, int.MaxValue);
        Assert.Equal(["file 1200.txt", "file 1199.txt", "file 1200.txt", "file 1200.txt"], focused[2..]);
        Assert.Equal(0, (await new ApiClient(service).GetAsync("/api/tree/many/?format=json")).GetProperty("items").GetArrayLength());
    }

    [ConsoleFact]
    public async Task A_phone_reaches_the_spaces_sorts_and_selects_everything()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await PutAsync(service, "folder/inner.txt");
        await PutAsync(service, "a small one.txt", "x");
        await PutAsync(service, "large.txt", new string('x', 5000));
        using (var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Projects" }))
            Assert.True(made.IsSuccessStatusCode);
        using var browser = ConsoleRig.Start("phone", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Empty(Words(result.GetProperty("small")));
        Assert.Equal(["Shared files", "Projects", "Trash", "Manage spaces"], Words(result.GetProperty("places")));
    }

    [ConsoleFact]
    public async Task Going_back_closes_dialogs_and_menus()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await PutAsync(service, "one/a.txt");
        using var browser = ConsoleRig.Start("backCloses", service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
    }

    [ConsoleFact]
    public async Task A_second_tab_pauses_continues_and_cancels_the_upload_of_the_first()
    {
        var (path, _) = _rig.File("film.mov", 24_000_000);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await using var proxy = new CutProxy(service.Address) { Rate = 2_000_000 };
        using var browser = ConsoleRig.Start("otherTab", proxy.Address, service.Key, path);
        var api = new ApiClient(service);
        await ConsoleRig.AtAsync(browser, "uploading");
        await ConsoleRig.AtAsync(browser, "paused", async () => await Eventually.HoldsAsync(async () =>
            (await api.GetAsync("/api/sessions?state=paused")).GetProperty("items").GetArrayLength() == 1));
        await ConsoleRig.EndAsync(browser);
        Assert.Empty((await api.GetAsync("/api/sessions?state=open,paused")).GetProperty("items").EnumerateArray());
    }

    [ConsoleFact]
    public async Task An_invitation_tells_the_name_for_signing_in_and_what_is_typed_can_be_seen()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("invitation", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("The name for signing in is zoe.", result.GetProperty("told").GetString());
        Assert.Equal(("zoe", "text"), (result.GetProperty("name").GetString(), result.GetProperty("type").GetString()));
    }

    private static IEnumerable<string> Words(JsonElement array) => array.EnumerateArray().Select(word => word.GetString()!);

    /// <summary>Makes a user and returns the id.</summary>
    private static async Task<string> PersonAsync(TestService service, string name, string displayName, string role)
    {
        var body = new { name, displayName, role, password = Password };
        using var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), body);
        return (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("user").GetProperty("id").GetString()!;
    }

    /// <summary>Signs a user in as the console does, which makes the user's own space.</summary>
    private static async Task<BrowserClient> SignedInAsync(TestService service, string name)
    {
        var browser = new BrowserClient(service);
        using var entered = await browser.PostAsync("/signin", new { name, password = Password });
        Assert.Equal(HttpStatusCode.OK, entered.StatusCode);
        await browser.SubjectAsync();
        using var me = await browser.SendAsync(HttpMethod.Get, "/api/me");
        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
        return browser;
    }

    private static async Task PutAsync(TestService service, string path, string text = "hello")
    {
        var address = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        using var answer = await service.Client.PutAsync(ApiClient.At($"/api/tree/{address}?parents=true"), new StringContent(text));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
