using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Files page in Chromium.</summary>
public sealed class FilesPageTests : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly PostgresFixture _postgres;
    private readonly ConsoleRig _rig = new();

    public FilesPageTests(PostgresFixture postgres) => _postgres = postgres;

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task Keys_act_on_the_row_with_the_focus_and_are_undone()
    {
        await using var service = await KeyedAsync();
        using var browser = ConsoleRig.Start("keysOnRows", service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "keyed/d.txt", "c.txt"u8.ToArray());
    }

    [ConsoleFact]
    public async Task A_phone_shares_copies_and_renames_what_is_selected()
    {
        await using var service = await KeyedAsync();
        using var browser = ConsoleRig.Start("selectionByPhone", service.Address, service.Key);
        var (offered, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(
            ["Share", "Copy", "Rename"], offered.EnumerateArray().Select(word => word.GetString()).Intersect(["Share", "Copy", "Rename"]));
        await ConsoleRig.AssertContentAsync(service.Client, "keyed/z.txt", "a.txt"u8.ToArray());
    }

    [ConsoleFact]
    public async Task Names_are_sorted_as_people_do_and_folders_have_the_size_of_what_lies_below_them()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        foreach (var name in (string[])["part 10.txt", "part 9.txt", "B 2/x", "b 10/deep/y", "b 10/z"])
        {
            using var content = new ByteArrayContent(new byte[1000]);
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/sized/{name}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("sizes", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        string[] order = ["B 2", "b 10", "part 9.txt", "part 10.txt"];
        Assert.Equal(order, result.GetProperty("order").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(order.Reverse(), result.GetProperty("back").EnumerateArray().Select(name => name.GetString()));
    }

    [ConsoleFact]
    public async Task The_files_of_others_are_one_line_of_the_tree()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var people = new TestPeople(service);
        foreach (var name in (string[])["Ann", "Bob"])
        {
            using var client = await people.ClientAsync(await people.UserAsync(name, Role.Member));
            using var spaces = await client.GetAsync(ApiClient.At("/api/spaces"));
            var own = (await ApiClient.JsonAsync(spaces, HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
                .Single(space => space.GetProperty("kind").GetString() == "own").GetProperty("id").GetString();
            using var content = new StringContent(name);
            using var made = await client.PutAsync(ApiClient.At($"/api/spaces/{own}/tree/of-{name}.txt"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("others", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        IEnumerable<string> Lines(string name) => result.GetProperty(name).EnumerateArray().Select(line => line.GetString()!);
        Assert.Equal("Files of 2 others", result.GetProperty("fold").GetString());
        Assert.Empty(Lines("shut"));
        Assert.Equal(["Ann", "Bob"], Lines("open"));
        // The one that is open stays in sight.
        Assert.Equal(["Ann"], Lines("kept"));
    }

    [ConsoleFact]
    public async Task A_file_that_arrives_has_a_face_among_pictures()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var begun = await service.Client.PostAsJsonAsync(
            ApiClient.At("/api/sessions"), new { path = "film.mov", size = 5_000_000 });
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync());
        using var browser = ConsoleRig.Start("arrivingTiles", service.Address, service.Key);
        var (faces, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(1, faces.GetInt32());
    }

    [ConsoleFact]
    public async Task A_version_is_looked_at_restored_named_and_deleted()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        foreach (var text in (string[])["first\nsame\n", "second\nsame\n"])
        {
            using var content = new StringContent(text);
            using var made = await service.Client.PutAsync(
                ApiClient.At("/api/tree/kept/plan.txt?parents=true&conflict=replace"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("versions", service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "kept/plan.txt", "first\nsame\n"u8.ToArray());
        var entry = await service.Client.GetFromJsonAsync<JsonElement>(ApiClient.At("/api/tree/kept/plan.txt?format=json"));
        var left = await service.Client.GetFromJsonAsync<JsonElement>(
            ApiClient.At($"/api/entries/{entry.GetProperty("id").GetString()}/versions"));
        Assert.Equal(
            [(3, null), (2, "Sent to the client")],
            left.GetProperty("items").EnumerateArray()
                .Select(version => (version.GetProperty("number").GetInt32(), version.GetProperty("name").GetString())));
    }

    [ConsoleFact]
    public async Task A_folder_has_a_policy_for_the_versions_of_its_files()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var content = new StringContent("text");
        using var made = await service.Client.PutAsync(ApiClient.At("/api/tree/kept/plan.txt?parents=true"), content);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());

        using var browser = ConsoleRig.Start("policies", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "set", async () =>
        {
            var spaces = await service.Client.GetFromJsonAsync<JsonElement>(ApiClient.At("/api/spaces"));
            var shared = spaces.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("kind").GetString() == "shared");
            var kept = await service.Client.GetFromJsonAsync<JsonElement>(
                ApiClient.At($"/api/spaces/{shared.GetProperty("id").GetString()}/versions"));
            var one = Assert.Single(kept.GetProperty("policies").EnumerateArray());
            Assert.Equal(
                ("kept", 5), (one.GetProperty("path").GetString(), one.GetProperty("policy").GetProperty("last").GetInt32()));
        });
        var (shown, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("5", shown.GetString());
    }

    private async Task<TestService> KeyedAsync()
    {
        var service = await ConsoleRig.ServiceAsync(_postgres);
        foreach (var name in (string[])["a.txt", "b.txt", "c.txt"])
        {
            using var content = new StringContent(name);
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/keyed/{name}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        return service;
    }

    [ConsoleFact]
    public async Task Makes_folders_and_renames_moves_deletes_restores_and_downloads()
    {
        var (path, bytes) = _rig.File("report.bin", 300_000);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("manage", service.Address, service.Key, path);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(ApiClient.Hex(bytes), result.GetProperty("shown").GetString());
        Assert.Equal(ApiClient.Hex(bytes), result.GetProperty("downloaded").GetString());
        Assert.EndsWith(".zip", result.GetProperty("archive").GetString(), StringComparison.Ordinal);
        await ConsoleRig.AssertContentAsync(service.Client, "final.bin", bytes);
    }

    [ConsoleFact]
    public async Task Shows_hostile_names_as_text()
    {
        string[] names = ["<img src=x onerror=\"globalThis.ran = true\">.txt", "invoice\u202Efdp.exe", "%2e%2e &amp; 'quoted'.txt"];
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        foreach (var name in names)
            await PutAsync(service, $"hostile/{name}");
        using var browser = ConsoleRig.Start("hostile", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal((0, false), (result.GetProperty("images").GetInt32(), result.GetProperty("ran").GetBoolean()));
        var shown = result.GetProperty("names").EnumerateArray().Select(name => name.GetString()!).ToList();
        Assert.Equal(names.Length, shown.Count);
        Assert.Contains(shown, name => name.Contains("<img src=x onerror=\"globalThis.ran = true\">.txt", StringComparison.Ordinal));
        // A bidirectional control character would disguise the extension.
        Assert.Contains(shown, name => name.Contains("invoice\\u{202E}fdp.exe", StringComparison.Ordinal));
        Assert.DoesNotContain(shown, name => name.Contains('\u202E', StringComparison.Ordinal));
    }

    [ConsoleFact]
    public async Task Finds_names_in_folders_below()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await PutAsync(service, "a/b/c/the needle.txt");
        await PutAsync(service, "a/hay.txt");
        using var browser = ConsoleRig.Start("search", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("the needle.txt", Assert.Single(result.EnumerateArray()).GetString());
    }

    [ConsoleFact]
    public async Task Asks_before_it_moves_onto_a_name_that_is_taken()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await PutAsync(service, "one/same.txt");
        await PutAsync(service, "two/same.txt");
        using var browser = ConsoleRig.Start("moveTaken", service.Address, service.Key);
        var answer = await browser.ResultAsync();
        // The browser reports the refusal's status 409 in its console.
        Assert.All(answer.GetProperty("complaints").EnumerateArray(), complaint =>
            Assert.Contains("status of 409", complaint.GetString(), StringComparison.Ordinal));
        Assert.Equal(["same (2).txt", "same.txt"], await NamesAsync(service, "two"));
    }

    [ConsoleFact]
    public async Task Asks_for_each_of_several_entries_of_one_name()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        foreach (var folder in (string[])["one", "two", "three"])
            await PutAsync(service, $"{folder}/same.txt");
        using var browser = ConsoleRig.Start("moveFound", service.Address, service.Key);
        var answer = await browser.ResultAsync();
        Assert.All(answer.GetProperty("complaints").EnumerateArray(), complaint =>
            Assert.Contains("status of 409", complaint.GetString(), StringComparison.Ordinal));
        Assert.Equal(["same.txt"], await NamesAsync(service, "one"));
        Assert.Empty(await NamesAsync(service, "two"));
        Assert.Equal(["same (2).txt", "same.txt"], await NamesAsync(service, "three"));
    }

    [ConsoleFact]
    public async Task An_empty_folder_on_a_phone_offers_to_choose_files()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("emptyOnPhone", service.Address, service.Key, _rig.File("photo.bin", 1_000).Path);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.DoesNotContain("Drop", result.GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task A_file_moved_to_another_space_appears_there()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres, TestService.WithJobs);
        await PutAsync(service, "trip/day/a.txt");
        await PutAsync(service, "one.txt");
        var client = new ApiClient(service);
        using (var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Projects" }))
            Assert.True(made.IsSuccessStatusCode);
        using var browser = ConsoleRig.Start("moveAway", service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
        var space = (await client.GetAsync("/api/spaces")).GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "Projects").GetProperty("id").GetString();
        Assert.Equal("hello", await service.Client.GetStringAsync(ApiClient.At($"/api/spaces/{space}/tree/one.txt")));
        await Eventually.HoldsAsync(async () =>
        {
            using var answer = await service.Client.GetAsync(ApiClient.At($"/api/spaces/{space}/tree/trip/day/a.txt"));
            return answer.IsSuccessStatusCode;
        });
    }

    private static async Task<IEnumerable<string>> NamesAsync(TestService service, string folder)
    {
        var page = await new ApiClient(service).GetAsync($"/api/tree/{folder}/?format=json");
        return page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!).Order();
    }

    private static async Task PutAsync(TestService service, string path)
    {
        using var content = new ByteArrayContent("hello"u8.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        var address = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        using var answer = await service.Client.PutAsync(ApiClient.At($"/api/tree/{address}?parents=true"), content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
