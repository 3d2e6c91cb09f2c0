using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Transfers between the service's own files, for which nobody connects anything.</summary>
public sealed class OwnTransferTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly byte[] Content = TransferRig.Bytes(3, 400_000);

    private TestService _service = null!;

    public async Task InitializeAsync() => _service =
        await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Transfers:PieceSize"] = "256KiB" });

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Files_go_from_the_shared_space_to_a_users_own()
    {
        var people = new TestPeople(_service);
        using var ann = await people.ClientAsync(await people.UserAsync("ann", Role.Member));
        await TransferRig.PutAsync(ann, "tree/inner/a.bin", Content);
        await TransferRig.PutAsync(ann, "tree/b.txt", [1, 2, 3]);
        var space = (await ann.GetFromJsonAsync<JsonElement>("/api/me")).GetProperty("space").GetString()!;
        await MoveAsync(ann, await TransferRig.EntryAsync(ann, "tree"), space, "done");
        Assert.Equal(
            SHA256.HashData(Content), SHA256.HashData(await ann.GetByteArrayAsync($"/api/spaces/{space}/tree/tree/inner/a.bin")));
        Assert.Equal([1, 2, 3], await ann.GetByteArrayAsync($"/api/spaces/{space}/tree/tree/b.txt"));
    }

    [Fact]
    public async Task A_folder_is_not_moved_into_itself_and_what_is_written_is_not_read()
    {
        var client = _service.Client;
        await TransferRig.PutAsync(client, "tree/a.bin", Content);
        await TransferRig.PutAsync(client, "tree/into/old.txt", [1]);
        var (tree, into) = (await TransferRig.EntryAsync(client, "tree"), await TransferRig.EntryAsync(client, "tree/into"));
        using (var answer = await PostAsync(client, tree, tree))
        {
            var problem = await TransferRig.ReadAsync(answer, 400);
            Assert.Contains("into itself", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        var moved = await MoveAsync(client, tree, into, "done");
        Assert.Equal(1, moved.GetProperty("files").GetProperty("done").GetInt64());
        Assert.Equal(Content, await client.GetByteArrayAsync("/api/tree/tree/into/tree/a.bin"));
        var items = await client.GetFromJsonAsync<JsonElement>(
            $"/api/transfers/{moved.GetProperty("id").GetString()}/items?state=skipped");
        var skipped = Assert.Single(items.GetProperty("items").EnumerateArray());
        Assert.Equal("tree/into", skipped.GetProperty("path").GetString());
        Assert.Equal("It is the destination itself.", skipped.GetProperty("reason").GetString());
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string item, string folder) => client.PostAsJsonAsync(
        "/api/transfers", new { label = "own", source = new { items = new[] { item } }, destination = new { folder } });

    private static async Task<JsonElement> MoveAsync(HttpClient client, string item, string folder, string state)
    {
        using var answer = await PostAsync(client, item, folder);
        var made = await TransferRig.ReadAsync(answer, 201);
        return await TransferRig.UntilAsync(client, made.GetProperty("id").GetString()!, state);
    }
}
