using System.Globalization;
using System.Net.Http.Json;
using System.Xml.Linq;
using ChunkUpload.Tests.Functional.Dav;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    /// <summary>A property that a WebDAV client has set on <see cref="Annotated"/> in the folder Projects.</summary>
    public static readonly XName Property = (XNamespace)"urn:kept" + "note";

    public const string Annotated = "plan.bin";

    /// <summary>
    /// Folders, contents that were replaced, copies, symbolic links, a WebDAV property, the trash, a team space and a private one.
    /// </summary>
    private async Task AddTreeAsync()
    {
        await PutAsync("Projects/plan.bin", 60_000);
        var (seed, bytes) = New(61_000);
        _ = await _operator.SendAsync(
            HttpMethod.Put, "/api/tree/Projects/plan.bin?conflict=replace", new ByteArrayContent(bytes), 0, ("X-File-Mode", "640"),
            ("X-OC-Mtime", TimeProvider.System.GetUtcNow().AddDays(-3).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        await Eventually.HoldsAsync(async () =>
            KeptFacts.Sha256(await _operator.Http.GetByteArrayAsync("/api/tree/Projects/plan.bin")) == KeptFacts.Sha256(bytes));
        _facts.Files.Remove(_facts.Files.Single(file => file.Address == "/api/tree/Projects/plan.bin"));
        _facts.Files.Add(new KeptFile("/api/tree/Projects/plan.bin", seed, bytes.Length));

        using (var dav = new DavClient(_service.Address, _service.Key, "Projects"))
        {
            var set = new XElement(DavClient.Dav + "set", new XElement(DavClient.Dav + "prop", new XElement(Property, "kept ñ")));
            var update = new XElement(DavClient.Dav + "propertyupdate", set);
            Assert.Equal(207, await dav.StatusAsync("PROPPATCH", Annotated, update.ToString()));
            _facts.Names["note of the plan"] = (await dav.PropertyAsync(Annotated, Property))!.Value;
        }

        await PutAsync("Projects/2026/Skagen/line 1.bin", 33_000);
        await PutAsync("Projects/2026/Skagen/línea ñ 2.bin", 12_345);
        await PutAsync("Projects/2026/old.bin", 9_000);
        await PutAsync("Projects/small.txt", 17);
        _ = await _operator.SendAsync(HttpMethod.Put, "/api/tree/Projects/Empty/", null);
        _ = await _operator.SendAsync(
            HttpMethod.Put, "/api/tree/Projects/shortcut", new ByteArrayContent([]), 0, ("X-Link-Target", "2026/Skagen"));
        _ = await _operator.PostAsync("/api/tree/copy", new { from = "Projects/2026", to = "Copies/2026", parents = true });
        foreach (var file in Below("/api/tree/Projects/2026/"))
            _facts.Files.Add(file with { Address = file.Address.Replace("/Projects/", "/Copies/", StringComparison.Ordinal) });
        _ = await _operator.SendAsync(
            HttpMethod.Patch, "/api/tree/Projects/small.txt", JsonContent.Create(new { path = "Projects/Empty/moved.txt" }));
        var small = _facts.Files.Single(file => file.Address == "/api/tree/Projects/small.txt");
        _ = _facts.Files.Remove(small);
        _facts.Files.Add(small with { Address = "/api/tree/Projects/Empty/moved.txt" });

        await PutAsync("Gone/one.bin", 5_000);
        await PutAsync("Gone/two.bin", 6_000);
        _ = await _operator.SendAsync(HttpMethod.Delete, "/api/tree/Gone/two.bin", null);
        _ = await _operator.SendAsync(HttpMethod.Delete, "/api/tree/Gone", null);
        foreach (var gone in Below("/api/tree/Gone/"))
            _ = _facts.Files.Remove(gone);

        var ann = UpgradeClient.Of(_service, _facts.Names["ann's key"]);
        var team = await ann.PostAsync("/api/spaces", new { name = "Field team" });
        var space = team.GetProperty("id").GetString();
        _ = await ann.SendAsync(
            HttpMethod.Put, $"/api/spaces/{space}/members/user:{_facts.Names["ben"]}", JsonContent.Create(new { canChange = false }));
        await PutAsync("notes/team.bin", 21_000, $"/api/spaces/{space}/tree/", _facts.Names["ann's key"]);
        var spaces = await ann.GetAsync("/api/spaces");
        var own = spaces.GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("kind").GetString() is not ("shared" or "team")).GetProperty("id").GetString();
        await PutAsync("private.bin", 22_000, $"/api/spaces/{own}/tree/", _facts.Names["ann's key"]);

        _facts.Lists["/api/trash?limit=100"] = await NamesAsync("/api/trash?limit=100");
    }

    private List<KeptFile> Below(string folder) =>
        [.. _facts.Files.Where(file => file.Address.StartsWith(folder, StringComparison.Ordinal))];

    private async Task PutAsync(string path, int size, string root = "/api/tree/", string? key = null)
    {
        var (seed, bytes) = New(size);
        var client = UpgradeClient.Of(_service, key);
        var address = root + string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        _ = await client.SendAsync(HttpMethod.Put, address + "?parents=true", new ByteArrayContent(bytes));
        await Eventually.HoldsAsync(async () =>
        {
            using var answer = await client.AnswerAsync(HttpMethod.Get, address, null);
            return answer.IsSuccessStatusCode;
        });
        _facts.Files.Add(new KeptFile(address, seed, size, key));
    }
}
