using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Functional.Api;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// A conditional change affects only the entry, or revision, that the client names. Conditional moves are tested with the other moves.
/// </summary>
[Collection(FilesCollection.Name)]
public sealed class ConditionTests(ApiFixture fixture)
{
    private static readonly (string, string) Other = ("If-Match", "\"r7\"");

    private readonly TreeClient _tree = new(fixture.Service, "if-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task Only_the_revision_that_is_named_is_restored_or_deleted_from_the_trash()
    {
        var id = (await _tree.PutAsync("a", "1")).GetProperty("id").GetString();
        (await _tree.SendAsync(HttpMethod.Delete, "a")).Dispose();
        var (item, restore) = (At($"/api/trash/{id}"), At($"/api/trash/{id}/restore"));
        foreach (var (method, address) in new[] { (HttpMethod.Delete, item), (HttpMethod.Post, restore) })
        {
            await TreeClient.RefusedAsync(
                await _tree.SendAsync(method, address, null, Other), HttpStatusCode.PreconditionFailed, "entry_changed");
            await TreeClient.RefusedAsync(
                await _tree.SendAsync(method, address, null, ("If-Match", "r7")), HttpStatusCode.BadRequest, "invalid_header");
        }

        using (var restored = await _tree.SendAsync(HttpMethod.Post, restore, null, ("If-Match", "\"r2\"")))
            Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        (await _tree.SendAsync(HttpMethod.Delete, "a")).Dispose();
        using var deleted = await _tree.SendAsync(HttpMethod.Delete, item, null, ("If-Match", "\"r4\""));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task An_upload_to_a_path_replaces_only_the_revision_that_is_named()
    {
        await _tree.PutAsync("d/a", "1");
        var address = At($"/uploads/{_tree.Root}/d/a");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Put, address, new StringContent("2"), Other), HttpStatusCode.PreconditionFailed,
            "entry_changed");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Put, At($"/uploads/{_tree.Root}/d/none"), new StringContent("2"), ("If-Match", "*")),
            HttpStatusCode.PreconditionFailed, "entry_changed");
        foreach (var tag in new[] { "\"r1\"", "*" })
        {
            using var made = await _tree.SendAsync(HttpMethod.Put, address, new StringContent(tag), ("If-Match", tag));
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
            Assert.Equal(tag, await _tree.ReadAsync("d/a"));
        }

        Assert.Equal(["d/", "d/a"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task An_earlier_content_replaces_that_of_its_own_file_only()
    {
        var file = await _tree.PutAsync("a", "1");
        await _tree.PutAsync("a", "2", "", HttpStatusCode.OK);
        var services = fixture.Service.Services;
        var (files, trash) = (services.GetRequiredService<FileTree>(), services.GetRequiredService<Trash>());
        Assert.True(EntryId.TryParse(file.GetProperty("id").GetString()!, out var id));
        var space = await files.DefaultSpaceAsync(Caller.Operator, CancellationToken.None);
        var item = await trash.FindAsync(space, id, 1, CancellationToken.None);
        // Another file gets its name in this moment.
        await _tree.PatchAsync("a", new { name = "b" });
        await _tree.PutAsync("a", "other");
        var refused = await trash.RestoreAsync(Caller.Operator, item.Value!, null, NameConflict.Fail, CancellationToken.None);
        Assert.Equal(UploadError.EntryChanged, refused.Failure!.Error);
        Assert.Equal("other", await _tree.ReadAsync("a"));

        using var restored = await _tree.Http.PostAsJsonAsync(At($"/api/trash/{id}/restore"), new { version = 1 });
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal("1", await _tree.ReadAsync("b"));
    }

    private static Uri At(string path) => new(path, UriKind.Relative);
}
