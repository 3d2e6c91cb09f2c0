using System.Net;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Addresses, folders, moves, names, copies, sharing and the kinds of items.</summary>
public sealed class GraphItemTests : IAsyncLifetime
{
    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Item_is_found_by_id_by_path_and_below_another_item_whatever_the_case()
    {
        var item = await _rig.PutAsync("Folder/Datei.txt", [1]);
        var drive = (string?)(await _rig.GetAsync("/me/drive"))["id"];
        var folder = (string?)item["parentReference"]!["id"];
        foreach (var address in (string[])[$"/me/drive/items/{item["id"]}", $"/drives/{drive}/items/{item["id"]}",
            "/me/drive/root:/folder/DATEI.TXT", $"/drives/{drive}/items/{folder}:/datei.txt:",
            $"/users/ann@example.test/drive/root:/Folder/Datei.txt"])
            Assert.Equal((string?)item["id"], (string?)(await _rig.GetAsync(address))["id"]);
        Assert.Equal($"/drives/{drive}/root:/Folder", (string?)item["parentReference"]!["path"]);
    }

    [Fact]
    public async Task Folder_with_a_taken_name_fails_is_renamed_or_is_the_same()
    {
        async Task<HttpResponseMessage> Create(string? conflict)
        {
            var body = new JsonObject { ["name"] = "Photos", ["folder"] = new JsonObject() };
            if (conflict is not null)
                body["@microsoft.graph.conflictBehavior"] = conflict;
            return await _rig.CallAsync(HttpMethod.Post, "/me/drive/root/children", body);
        }

        using var first = await Create(null);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        await GraphRig.RefusedAsync(await Create("fail"), 409, "nameAlreadyExists");
        using var renamed = await Create("rename");
        Assert.Equal("Photos 1", (string?)JsonNode.Parse(await renamed.Content.ReadAsStringAsync())!["name"]);
        using var same = await Create("replace");
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
    }

    [Theory]
    [InlineData("a*b.txt", "nameContainsInvalidCharacters")]
    [InlineData("a\"b", "nameContainsInvalidCharacters")]
    [InlineData("CON", "invalidName")]
    [InlineData("com7", "invalidName")]
    [InlineData(".lock", "invalidName")]
    [InlineData("Desktop.ini", "invalidName")]
    [InlineData("x_vti_y", "invalidName")]
    [InlineData("~$a.docx", "invalidName")]
    [InlineData("dot.", "invalidName")]
    [InlineData("space ", "invalidName")]
    public async Task Forbidden_name_is_refused(string name, string inner) => await GraphRig.RefusedAsync(
        await _rig.CallAsync(HttpMethod.Post, "/me/drive/root/children", new { name, folder = new { } }), 400, "invalidRequest", inner);

    [Fact]
    public async Task Path_of_more_than_400_characters_is_refused()
    {
        var path = string.Join('/', Enumerable.Repeat(new string('x', 100), 4));
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Put, $"/me/drive/root:/{path}:/content", new byte[1]), 400, "invalidRequest", "pathTooLong");
    }

    [Fact]
    public async Task Metadata_changes_the_eTag_and_content_both_tags()
    {
        var first = await _rig.PutAsync("a.txt", [1]);
        var renamed = await _rig.JsonAsync(HttpMethod.Patch, $"/me/drive/items/{first["id"]}", new { name = "A.txt" });
        Assert.NotEqual((string?)first["eTag"], (string?)renamed["eTag"]);
        Assert.Equal((string?)first["cTag"], (string?)renamed["cTag"]);
        var second = await _rig.PutAsync("a.txt", [2]);
        Assert.NotEqual((string?)first["cTag"], (string?)second["cTag"]);
        Assert.Equal("A.txt", (string?)second["name"]);
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(
                HttpMethod.Patch, $"/me/drive/items/{first["id"]}", new { name = "b.txt" }, ifMatch: (string?)first["eTag"]),
            412, "resourceModified", "entityTagDoesNotMatch");
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Delete, $"/me/drive/items/{first["id"]}", ifMatch: (string?)first["eTag"]),
            412, "resourceModified", "entityTagDoesNotMatch");
    }

    [Fact]
    public async Task Move_finds_taken_names_and_loops()
    {
        var inner = await _rig.PutAsync("a/b/file.txt", [1]);
        await _rig.PutAsync("a/file.txt", [2]);
        var a = await _rig.GetAsync("/me/drive/root:/a");
        var parent = new { parentReference = new { id = (string?)a["id"] } };
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Patch, $"/me/drive/items/{inner["id"]}", parent), 409, "nameAlreadyExists");
        var target = new { parentReference = new { id = (string?)inner["parentReference"]!["id"] } };
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Patch, $"/me/drive/items/{a["id"]}", target), 400, "invalidRequest");
        var byPath = new { name = "moved.txt", parentReference = new { path = "/drive/root:/" } };
        var moved = await _rig.JsonAsync(HttpMethod.Patch, $"/me/drive/items/{inner["id"]}", byPath);
        Assert.Equal("moved.txt", (string?)moved["name"]);
        Assert.Equal([1], await _rig.ReadAsync("moved.txt"));
    }

    [Fact]
    public async Task Listing_has_pages_chosen_values_and_an_order()
    {
        var seeds = Enumerable.Range(0, 5).Select(number => new { path = $"F/{number}.txt", text = new string('x', 5 - number) });
        await _rig.Host.SeedAsync(new { items = seeds });
        var page = await _rig.GetAsync("/me/drive/root:/F:/children?$top=2&$select=id,name&$orderby=size");
        var names = new List<string>();
        while (true)
        {
            foreach (var item in page["value"]!.AsArray())
            {
                names.Add((string)item!["name"]!);
                Assert.Equal(2, item.AsObject().Count);
            }

            if ((string?)page["@odata.nextLink"] is not { } next)
                break;
            Assert.StartsWith(_rig.Api, next, StringComparison.Ordinal);
            page = await _rig.GetAsync(next);
        }

        Assert.Equal(["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"], names);
        var expanded = await _rig.GetAsync("/me/drive/root:/F?$expand=children");
        Assert.Equal(5, expanded["children"]!.AsArray().Count);
        Assert.Equal(5, (int)expanded["folder"]!["childCount"]!);
        var found = await _rig.GetAsync("/me/drive/root/search(q='3.t')");
        Assert.Equal("3.txt", (string?)Assert.Single(found["value"]!.AsArray())!["name"]);
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Get, "/me/drive/root/children?$filter=x"), 501, "notSupported");
    }

    [Fact]
    public async Task Copy_is_watched_until_it_is_complete()
    {
        await _rig.PutAsync("a/one.txt", [1]);
        await _rig.PutAsync("a/b/two.txt", [2]);
        _rig.Host.Switches.Set(GraphSwitches.CopySteps, 1L);
        using var copy = await _rig.CallAsync(HttpMethod.Post, "/me/drive/root:/a:/copy", new { name = "c" });
        Assert.Equal(HttpStatusCode.Accepted, copy.StatusCode);
        var monitor = copy.Headers.Location!.ToString();
        using var running = await _rig.SendAsync(HttpMethod.Get, monitor);
        Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
        using var done = await _rig.SendAsync(HttpMethod.Get, monitor);
        var state = JsonNode.Parse(await done.Content.ReadAsStringAsync())!;
        Assert.Equal("completed", (string?)state["status"]);
        Assert.Equal("c", (string?)(await _rig.GetAsync($"/me/drive/items/{state["resourceId"]}"))["name"]);
        Assert.Equal([2], await _rig.ReadAsync("c/b/two.txt"));
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Post, "/me/drive/root:/a:/copy", new { parentReference = new { path = "/drive/root:/a/b" } }),
            400, "invalidRequest");
    }

    [Fact]
    public async Task Personal_ids_mean_the_same_without_leading_zeros_and_in_any_case()
    {
        var item = await _rig.PutAsync("a.txt", [1], GraphRig.Ben);
        var full = (string)item["parentReference"]!["driveId"]!;
        var shortened = (string)(await _rig.GetAsync("/me/drive", GraphRig.Ben))["id"]!;
        Assert.StartsWith("0", full, StringComparison.Ordinal);
        Assert.Equal(full.TrimStart('0').ToLowerInvariant(), shortened);
        foreach (var id in (string[])[full, shortened, full.ToLowerInvariant()])
            Assert.Equal((string?)item["id"], (string?)(await _rig.GetAsync($"/drives/{id}/items/{item["id"]}", GraphRig.Ben))["id"]);
        var lower = ((string)item["id"]!).TrimStart('0').ToLowerInvariant();
        Assert.Equal((string?)item["id"], (string?)(await _rig.GetAsync($"/drives/{full}/items/{lower}", GraphRig.Ben))["id"]);
    }

    [Fact]
    public async Task Personal_files_have_three_hashes_and_others_one()
    {
        var personal = (await _rig.PutAsync("a.txt", [1, 2], GraphRig.Ben))["file"]!["hashes"]!.AsObject();
        Assert.Equal(["quickXorHash", "sha1Hash", "sha256Hash"], personal.Select(pair => pair.Key));
        Assert.Equal(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData([1, 2])), (string?)personal["sha256Hash"]);
        Assert.Single((await _rig.PutAsync("a.txt", [1, 2]))["file"]!["hashes"]!.AsObject());
        _rig.Host.Switches.Set(GraphSwitches.HashDelaySeconds, 60L);
        Assert.Single((await _rig.PutAsync("b.txt", [1, 2], GraphRig.Ben))["file"]!["hashes"]!.AsObject());
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(3, (await _rig.GetAsync("/me/drive/root:/b.txt", GraphRig.Ben))["file"]!["hashes"]!.AsObject().Count);
    }

    [Fact]
    public async Task Notebook_malware_and_shared_items_are_told_apart()
    {
        await _rig.Host.SeedAsync(new { account = "ben@example.test", items = new[] { new { path = "Trip/pic.jpg", text = "jpeg" } } });
        await _rig.Host.SeedAsync(new
        {
            items = new object[]
            {
                new { path = "Notes", package = true },
                new { path = "bad.exe", text = "x", malware = "EICAR" },
                new { path = "From Ben", targetAccount = "ben@example.test", targetPath = "Trip" },
            },
        });
        Assert.Equal("oneNote", (string?)(await _rig.GetAsync("/me/drive/root:/Notes"))["package"]!["type"]);
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Get, "/me/drive/root:/Notes:/content"), 400, "invalidRequest", "notDownloadable");
        Assert.Equal("EICAR", (string?)(await _rig.GetAsync("/me/drive/root:/bad.exe"))["malware"]!["description"]);
        var infected = await _rig.CallAsync(HttpMethod.Get, "/me/drive/root:/bad.exe:/content");
        Assert.True(infected.Headers.Contains("X-Virus-Infected"));
        await GraphRig.RefusedAsync(infected, 403, "malwareDetected", "virusSuspicious");

        var remote = (await _rig.GetAsync("/me/drive/root:/From Ben"))["remoteItem"]!;
        var list = await _rig.GetAsync($"/drives/{remote["parentReference"]!["driveId"]}/items/{remote["id"]}/children");
        Assert.Equal("pic.jpg", (string?)Assert.Single(list["value"]!.AsArray())!["name"]);
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Get, $"/drives/{remote["parentReference"]!["driveId"]}/root"), 403, "accessDenied");
        var shared = await _rig.GetAsync("/me/drive/sharedWithMe");
        Assert.Equal((string?)remote["id"], (string?)Assert.Single(shared["value"]!.AsArray())!["remoteItem"]!["id"]);
    }

    [Fact]
    public async Task Quota_has_states_and_the_recycle_bin_counts_for_organizations()
    {
        async Task<JsonNode> Quota(string token) => (await _rig.GetAsync("/me/drive", token))["quota"]!;
        _rig.Emulator.SetQuota(null, 1000);
        Assert.Equal("normal", (string?)(await Quota(GraphRig.Ann))["state"]);
        foreach (var token in (string[])[GraphRig.Ann, GraphRig.Ben])
        {
            await _rig.PutAsync("a", new byte[950], token);
            Assert.Equal("nearing", (string?)(await Quota(token))["state"]);
            await _rig.PutAsync("b", new byte[45], token);
            Assert.Equal("critical", (string?)(await Quota(token))["state"]);
            await GraphRig.RefusedAsync(
                await _rig.CallAsync(HttpMethod.Put, "/me/drive/root:/c:/content", new byte[6], token), 507, "quotaLimitReached");
            using var deleted = await _rig.CallAsync(HttpMethod.Delete, "/me/drive/root:/a", token: token);
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        Assert.Equal((5, 950), ((int)(await Quota(GraphRig.Ann))["remaining"]!, (int)(await Quota(GraphRig.Ann))["deleted"]!));
        Assert.Equal(955, (int)(await Quota(GraphRig.Ben))["remaining"]!);
        _rig.Emulator.SetQuota("ann@example.test", 10);
        Assert.Equal("exceeded", (string?)(await Quota(GraphRig.Ann))["state"]);
    }
}
