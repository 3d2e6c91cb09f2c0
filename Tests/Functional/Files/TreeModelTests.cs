using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Random operations agree with a tree in memory, in each answer and in the resulting tree.</summary>
[Collection(FilesCollection.Name)]
public sealed class TreeModelTests(ApiFixture fixture)
{
    private static readonly string[] Names = ["a", "b", "c.txt", "d.tar.gz", "é"];
    private static readonly string[] Conflicts = ["fail", "rename", "replace"];

    // Each of four seeds; before a release ./tools/check --all asks for 500.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_TREE_SEQUENCES"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 25;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_operations_do_what_they_do_in_memory(int seed)
    {
        for (var i = 0; i < Sequences; i++)
            await RunAsync(new Random(seed * 1000 + i), $"model-{seed}-{i}-{Guid.NewGuid():N}", 16);
    }

    private async Task RunAsync(Random random, string root, int steps)
    {
        var tree = new TreeClient(fixture.Service, root);
        var model = new TreeModel();
        var log = new List<string>();
        var trash = new List<string>();
        await TreeClient.JsonAsync(
            await tree.SendAsync(HttpMethod.Put, new Uri($"/api/tree/{root}/", UriKind.Relative)), System.Net.HttpStatusCode.Created);
        for (var step = 0; step < steps; step++)
        {
            var (from, to) = (Path(random), Path(random));
            var conflict = Conflicts[random.Next(Conflicts.Length)];
            var (said, expected) = random.Next(8) switch
            {
                0 or 1 => (
                    await CodeAsync(tree.TryPutAsync(from, $"{step}", $"?conflict={conflict}")), model.Put(from, $"{step}", conflict)),
                2 => (await CodeAsync(tree.SendAsync(HttpMethod.Put, from + "/")), model.MakeFolder(from)),
                3 => (
                    await CodeAsync(tree.TryPatchAsync(from, new { path = $"{root}/{to}", conflict })), model.Move(from, to, conflict)),
                4 => (await CodeAsync(CopyAsync(tree, root, from, to, conflict)), model.Copy(from, to, conflict)),
                5 when trash.Count > 0 => await RestoreAsync(tree, model, trash, random, to, conflict),
                _ => await RemoveAsync(tree, model, trash, from),
            };
            log.Add($"{step}: {from} {to} {conflict}: {said}, expected {expected}");
            Assert.True(said == expected, string.Join('\n', log));
        }

        var list = await tree.ListAsync("", "?recursive=true&limit=1000");
        var lines = new List<string>();
        foreach (var item in list.GetProperty("items").EnumerateArray())
        {
            var path = item.GetProperty("path").GetString()![(root.Length + 1)..];
            lines.Add(item.GetProperty("kind").GetString() == "folder" ? path + "/" : $"{path} {await tree.ReadAsync(path)}");
        }

        Assert.Equal(model.Lines(), lines);
    }

    private static async Task<(string Said, string Expected)> RemoveAsync(TreeClient tree, TreeModel model, List<string> trash, string path)
    {
        using var described = await tree.Http.GetAsync(tree.At(path, "?format=json"));
        var said = await CodeAsync(tree.SendAsync(HttpMethod.Delete, path));
        if (said == "ok")
        {
            var entry = await described.Content.ReadFromJsonAsync<JsonElement>();
            trash.Add((entry.TryGetProperty("folder", out var folder) ? folder : entry).GetProperty("id").GetString()!);
        }

        return (said, model.Remove(path));
    }

    private static async Task<(string Said, string Expected)> RestoreAsync(
        TreeClient tree, TreeModel model, List<string> trash, Random random, string path, string conflict)
    {
        Assert.Equal(model.Removed, trash.Count);
        var one = random.Next(trash.Count);
        var to = random.Next(2) == 0 ? null : path;
        var said = await CodeAsync(tree.Http.PostAsJsonAsync(
            new Uri($"/api/trash/{trash[one]}/restore", UriKind.Relative),
            new { path = to is null ? null : $"{tree.Root}/{to}", conflict }));
        if (said == "ok")
            trash.RemoveAt(one);
        return (said, model.Restore(one, to, conflict));
    }

    private static Task<HttpResponseMessage> CopyAsync(TreeClient tree, string root, string from, string to, string conflict) =>
        tree.SendAsync(
            HttpMethod.Post, new Uri("/api/tree/copy", UriKind.Relative),
            JsonContent.Create(new { from = $"{root}/{from}", to = $"{root}/{to}", conflict }));

    private static string Path(Random random) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Names[random.Next(Names.Length)]));

    private static async Task<string> CodeAsync(Task<HttpResponseMessage> sending)
    {
        using var answer = await sending;
        if (answer.IsSuccessStatusCode)
            return "ok";
        var text = await answer.Content.ReadAsStringAsync();
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("code").GetString()!;
    }
}
