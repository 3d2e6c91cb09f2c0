using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>Arranging files in Chromium: copies, moves and the way back, people let into a space, folders that are sent.</summary>
public sealed class ArrangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private const string Password = "correct horse battery staple";

    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task Entries_are_copied_moved_and_put_back_by_menu_keys_and_mouse()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var path in (string[])["work/a.txt", "work/b.txt", "work/done/", "other/"])
        {
            using var content = new StringContent(path.EndsWith('/') ? "" : path);
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/{path}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        using var browser = ConsoleRig.Start("arrange", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(0, result.GetProperty("followed").GetInt32());
        Assert.Equal("b.txt", Assert.Single(result.GetProperty("left").EnumerateArray()).GetString());
        foreach (var (path, text) in (ValueTuple<string, string>[])[("work/a.txt", "work/a.txt"), ("work/done/a.txt", "work/a.txt"),
            ("other/b.txt", "work/b.txt"), ("b.txt", "work/b.txt")])
            await ConsoleRig.AssertContentAsync(service.Client, path, System.Text.Encoding.UTF8.GetBytes(text));
    }

    [ConsoleTheory]
    [ReleaseData("letIn")]
    [InlineData("letInByPhone")]
    public async Task The_owner_of_a_space_lets_a_person_in_by_name(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        foreach (var (name, shown) in (ValueTuple<string, string>[])[("ann", "Ann Oak"), ("bob", "Bob Lee"), ("cid", "Cid Leeds")])
        {
            using var made = await service.Client.PostAsJsonAsync(
                ApiClient.At("/api/users"), new { name, displayName = shown, role = "member", password = Password });
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        using var ann = new BrowserClient(service);
        using (var entered = await ann.PostAsync("/signin", new { name = "ann", password = Password }))
            Assert.Equal(HttpStatusCode.OK, entered.StatusCode);
        await ann.SubjectAsync();
        using var space = await ann.PostAsync("/api/spaces", new { name = "Maps" });
        var id = ApiClient.Id(await ApiClient.JsonAsync(space, HttpStatusCode.Created));
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, id);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(["Bob Lee", "Cid Leeds"], result.GetProperty("found").EnumerateArray().Select(name => name.GetString()));
        var members = (await new ApiClient(service).GetAsync($"/api/spaces/{id}/members")).GetProperty("items").EnumerateArray();
        var bob = Assert.Single(members, member => member.GetProperty("name").GetString() == "Bob Lee");
        Assert.True(bob.GetProperty("canChange").GetBoolean());
    }

    [ConsoleTheory]
    [ReleaseData("folders")]
    [InlineData("foldersByPhone")]
    public async Task A_folder_that_is_sent_is_one_row_with_its_place_and_progress(string scenario)
    {
        for (var number = 0; number < 12; number++)
            _rig.File($"album/day {number % 3}/picture {number:00}.jpg", 400_000, number);
        _rig.File("papers/one.txt", 1000, 20);
        _rig.File("papers/two.txt", 1000, 21);
        var (alone, bytes) = _rig.File("alone.txt", 1000, 22);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await using var proxy = new CutProxy(service.Address, stalls: [1_500_000]);
        string[] dropped = [Path.Combine(_rig.Folder, "album"), Path.Combine(_rig.Folder, "papers"), alone];
        using var browser = ConsoleRig.Start(scenario, proxy.Address, service.Key, dropped);
        await ConsoleRig.AtAsync(browser, "sending", proxy.StalledAsync);
        await ConsoleRig.AtAsync(browser, "again", () => { proxy.CutHeld(); return Task.CompletedTask; });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("in into", result.GetProperty("place").GetString(), StringComparison.Ordinal);
        Assert.InRange(result.GetProperty("loose").GetInt32(), 0, 1);
        Assert.InRange(result.GetProperty("inner").GetInt32(), 1, 12);
        Assert.StartsWith("#/files/into/", result.GetProperty("href").GetString(), StringComparison.Ordinal);
        Assert.Equal(bytes, await service.Client.GetByteArrayAsync(ApiClient.At("/api/tree/into/alone.txt")));
        for (var number = 0; number < 12; number++)
        {
            var name = $"into/album/day {number % 3}/picture {number:00}.jpg";
            await ConsoleRig.AssertContentAsync(service.Client, name, await File.ReadAllBytesAsync(
                Path.Combine(_rig.Folder, $"album/day {number % 3}/picture {number:00}.jpg")));
        }
    }
}
