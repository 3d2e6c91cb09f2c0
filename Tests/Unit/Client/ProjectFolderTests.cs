using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The local folder into which files of a project are fetched: its names, and its manifest.</summary>
public sealed class ProjectFolderTests : IDisposable
{
    private static readonly Guid Project = Guid.NewGuid();

    private readonly TempFolder _folder = new();

    public ProjectFolderTests() => Directory.CreateDirectory(_folder["in"]);

    private string Manifest => _folder["in", "local_files_manifest.json"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("CON", "_CON")]
    [InlineData("con.txt", "_con.txt")]
    [InlineData("nul .tar.gz", "_nul .tar.gz")]
    [InlineData("COM1", "_COM1")]
    [InlineData("lpt\u00b9.log", "_lpt\u00b9.log")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("COM10", "COM10")]
    [InlineData("console", "console")]
    [InlineData("a.", "a_")]
    [InlineData("a. .", "a___")]
    [InlineData("a ", "a_")]
    [InlineData("a:b", "a_b")]
    [InlineData("what?<>|\"*", "what______")]
    [InlineData("..", "__")]
    [InlineData("a\\b", "a_b")]
    [InlineData("ü.txt", "ü.txt")]
    public void A_name_that_Windows_does_not_keep_gets_another_one_there(string name, string local) =>
        Assert.Equal(local, LocalName.Of(name, isWindows: true));

    [Theory]
    [InlineData("CON")]
    [InlineData("a.")]
    [InlineData("a:b")]
    public void Elsewhere_it_stays(string name) => Assert.Equal(name, LocalName.Of(name, isWindows: false));

    [Fact]
    public void Names_that_fold_to_one_get_numbers()
    {
        var taken = new HashSet<string> { LocalName.Fold("Foto.JPG"), LocalName.Fold("foto (2).jpg"), LocalName.Fold("Readme") };
        Assert.Equal("foto (3).jpg", LocalTree.NameFor("foto.jpg", taken.Contains));
        Assert.Equal("README (2)", LocalTree.NameFor("README", taken.Contains));
        Assert.Equal("a.jpg", LocalTree.NameFor("a.jpg", taken.Contains));
        Assert.Equal(".x (2)", LocalTree.NameFor(".x", name => name == LocalName.Fold(".x")));
        Assert.Equal("_", LocalTree.NameFor("..", taken.Contains));
    }

    [Fact]
    public async Task The_manifest_has_each_file_once_and_the_next_ones_get_names_of_their_own()
    {
        var files = Open();
        Assert.Equal("Foto.JPG", files.NameFor("/a/Foto.JPG"));
        await files.PutAsync(File("/a/Foto.JPG", "Foto.JPG", "1"), default);
        await files.PutAsync(File("/a/Foto.JPG", "Foto.JPG", "2"), default);
        Assert.Equal("Foto.JPG", files.NameFor("/a/Foto.JPG"));
        Assert.Equal("foto (2).jpg", files.NameFor("/b/foto.jpg"));
        await files.PutAsync(File("/b/foto.jpg", "foto (2).jpg", "3"), default);
        // A file that gets the place of another one takes its row.
        await files.PutAsync(File("/c/x", "Foto.JPG", "4"), default);
        using var json = JsonDocument.Parse(await System.IO.File.ReadAllTextAsync(Manifest));
        Assert.Equal(Project, json.RootElement.GetProperty("project_id").GetGuid());
        Assert.Equal(
            ["/b/foto.jpg|foto (2).jpg|3|7", "/c/x|Foto.JPG|4|7"],
            json.RootElement.GetProperty("synced_files").EnumerateArray().Select(one =>
                $"{one.GetProperty("path")}|{one.GetProperty("local_path")}|{one.GetProperty("hash")}|{one.GetProperty("size")}"));
        Assert.EndsWith("Z", json.RootElement.GetProperty("synced_files")[0].GetProperty("synced_at").GetString());
        Assert.Equal([Manifest], Directory.GetFiles(_folder["in"]));
    }

    [Theory]
    [InlineData("/a/local_files_manifest.json")]
    [InlineData("/a/LOCAL_files_Manifest.JSON")]
    public void No_file_is_called_as_the_manifest(string path) =>
        Assert.Contains("(2)", Open().NameFor(path), StringComparison.Ordinal);

    [Fact]
    public async Task Many_at_once_lose_nothing()
    {
        await Parallel.ForAsync(0, 20, async (at, stop) => await Open().PutAsync(File($"/{at}", $"{at}", "1"), stop));
        using var json = JsonDocument.Parse(await System.IO.File.ReadAllTextAsync(Manifest));
        Assert.Equal(20, json.RootElement.GetProperty("synced_files").GetArrayLength());
    }

    [Fact]
    public async Task A_manifest_that_is_damaged_or_of_another_project_is_left_as_it_is()
    {
        foreach (var (text, expected) in new[]
        {
            ("{", TransferFailure.LocalFile), ("[]", TransferFailure.LocalFile), ("{\"project_id\":\"x\"}", TransferFailure.LocalFile),
            ("null", TransferFailure.LocalFile),
            ($$"""{"project_id":"{{Guid.NewGuid()}}","synced_files":[]}""", TransferFailure.Conflict),
        })
        {
            await System.IO.File.WriteAllTextAsync(Manifest, text);
            Assert.Equal(expected, Assert.Throws<TransferException>(() => Open().NameFor("/a")).Failure);
            Assert.Equal(
                expected, (await Assert.ThrowsAsync<TransferException>(() => Open().PutAsync(File("/a", "a", "1"), default))).Failure);
            Assert.Equal(text, await System.IO.File.ReadAllTextAsync(Manifest));
        }

        // A name in it that leads out of the folder is not used again.
        await System.IO.File.WriteAllTextAsync(Manifest, $$"""
            {"project_id":"{{Project}}","synced_files":[
            {"path":"/a","local_path":"../a","hash":"1","size":1,"synced_at":"2026-01-01T00:00:00Z"}]}
            """);
        Assert.Equal("a", Open().NameFor("/a"));
    }

    private static SyncedFile File(string path, string local, string hash) => new(path, local, hash, 7, DateTime.UnixEpoch);

    private ProjectFolder Open() => new(
        _folder["in"], Project, new StateStore(_folder["state"], TimeProvider.System, NullLogger.Instance), TimeProvider.System);
}
