using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Random operations agree with a tree in memory, in each answer and in what is there afterwards.</summary>
[Collection(ApiCollection.Name)]
public sealed class TreeModelTests(ApiFixture fixture)
{
    private static readonly string[] Names = ["a", "b", "c.txt", "d.tar.gz", "é"];
    private static readonly string[] Conflicts = ["fail", "rename", "replace"];

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 40)]
    [InlineData(3, 40)]
    [InlineData(4, 40)]
    public async Task Random_operations_do_what_they_do_in_memory(int seed, int sequences)
    {
        for (var i = 0; i < sequences; i++)
            await RunAsync(new Random(seed * 1000 + i), $"model-{seed}-{i}-{Guid.NewGuid():N}", 12);
    }

    private async Task RunAsync(Random random, string root, int steps)
    {
        var tree = new TreeClient(fixture.Service, root);
        var model = new TreeModel();
        var log = new List<string>();
        await TreeClient.JsonAsync(
            await tree.SendAsync(HttpMethod.Put, new Uri($"/api/tree/{root}/", UriKind.Relative)), System.Net.HttpStatusCode.Created);
        for (var step = 0; step < steps; step++)
        {
            var (from, to) = (Path(random), Path(random));
            var conflict = Conflicts[random.Next(Conflicts.Length)];
            var (said, expected) = random.Next(6) switch
            {
                0 or 1 => (
                    await CodeAsync(tree.TryPutAsync(from, $"{step}", $"?conflict={conflict}")), model.Put(from, $"{step}", conflict)),
                2 => (await CodeAsync(tree.SendAsync(HttpMethod.Put, from + "/")), model.MakeFolder(from)),
                3 => (
                    await CodeAsync(tree.TryPatchAsync(from, new { path = $"{root}/{to}", conflict })), model.Move(from, to, conflict)),
                4 => (await CodeAsync(CopyAsync(tree, root, from, to, conflict)), model.Copy(from, to, conflict)),
                _ => (await CodeAsync(tree.SendAsync(HttpMethod.Delete, from)), model.Remove(from)),
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
