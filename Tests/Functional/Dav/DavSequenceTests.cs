using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>The requests that file managers and office programs send when they save, in their order.</summary>
[Collection(FilesCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavSequenceTests(ApiFixture fixture) : IAsyncLifetime
{
    private const string Exclusive = """
        <?xml version="1.0" encoding="utf-8"?>
        <D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
        <D:owner><D:href>http://www.apple.com/webdav_fs/</D:href></D:owner></D:lockinfo>
        """;

    private static readonly XNamespace Dav = DavClient.Dav;

    private readonly DavClient _dav = new(fixture.Service, $"dav-{Guid.NewGuid():n}");

    public Task InitializeAsync() => _dav.FolderAsync("");

    public Task DisposeAsync()
    {
        _dav.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Finder_copies_a_file_onto_the_drive()
    {
        Assert.Equal(200, await _dav.StatusAsync("OPTIONS", ""));
        Assert.Equal(404, await _dav.StatusAsync("PROPFIND", "photo.jpg", Ask("getlastmodified", "resourcetype"), Depth0));
        Assert.Equal(404, await _dav.StatusAsync("PROPFIND", "._photo.jpg", Ask("getlastmodified"), Depth0));
        // It writes an empty file, locks it, and writes the bytes with the announced length under the lock.
        Assert.Equal(201, await _dav.StatusAsync("PUT", "photo.jpg", ""));
        var token = await LockAsync("photo.jpg", 200);
        Assert.Equal(204, await _dav.StatusAsync(
            "PUT", "photo.jpg", "picture", ("If", $"(<{token}>)"), ("X-Expected-Entity-Length", "7")));
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "photo.jpg", null, ("Lock-Token", $"<{token}>")));
        Assert.Equal(201, await _dav.StatusAsync("PUT", "._photo.jpg", ""));
        token = await LockAsync("._photo.jpg", 200);
        Assert.Equal(204, await _dav.StatusAsync("PUT", "._photo.jpg", "attributes", ("If", $"(<{token}>)")));
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "._photo.jpg", null, ("Lock-Token", $"<{token}>")));
        Assert.Equal("7", (await _dav.PropertyAsync("photo.jpg", Dav + "getcontentlength"))!.Value);
        // The empty content is no version that a policy keeps; the notes of Finder make none at all.
        var versions = await VersionsAsync("photo.jpg");
        Assert.Equal([7L, 0L], versions.Select(version => version.GetProperty("size").GetInt64()));
        Assert.Single(await VersionsAsync("._photo.jpg"));
    }

    [Fact]
    public async Task Explorer_copies_a_file_and_sets_its_times()
    {
        Assert.Equal(207, await _dav.StatusAsync("PROPFIND", "", "", Depth0));
        Assert.Equal(201, await _dav.StatusAsync("PUT", "letter.docx", ""));
        var token = await LockAsync("letter.docx", 200, ("Timeout", "Second-3600"));
        Assert.Equal(207, await _dav.StatusAsync(
            "PROPPATCH", "letter.docx",
            """
            <?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>
            <Z:Win32CreationTime>Tue, 02 Jun 2026 06:30:00 GMT</Z:Win32CreationTime>
            <Z:Win32LastAccessTime>Tue, 02 Jun 2026 06:30:00 GMT</Z:Win32LastAccessTime>
            <Z:Win32LastModifiedTime>Tue, 02 Jun 2026 06:30:00 GMT</Z:Win32LastModifiedTime>
            <Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>
            """,
            ("If", $"(<{token}>)")));
        Assert.Equal(204, await _dav.StatusAsync("PUT", "letter.docx", "letter", ("If", $"(<{token}>)")));
        Assert.Equal(207, await _dav.StatusAsync(
            "PROPPATCH", "letter.docx",
            """
            <D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>
            <Z:Win32LastModifiedTime>Tue, 02 Jun 2026 06:30:00 GMT</Z:Win32LastModifiedTime></D:prop></D:set></D:propertyupdate>
            """,
            ("If", $"(<{token}>)")));
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "letter.docx", null, ("Lock-Token", $"<{token}>")));
        Assert.Equal("Tue, 02 Jun 2026 06:30:00 GMT", (await _dav.PropertyAsync("letter.docx", Dav + "getlastmodified"))!.Value);
        Assert.Equal(
            "00000020", (await _dav.PropertyAsync("letter.docx", (XNamespace)"urn:schemas-microsoft-com:" + "Win32FileAttributes"))!.Value);
        Assert.Equal("letter", await _dav.ReadAsync("letter.docx"));
    }

    [Fact]
    public async Task Office_saves_through_a_temporary_file_and_the_document_keeps_its_history()
    {
        await _dav.PutAsync("plan.docx", "before");
        var id = await IdAsync("plan.docx");
        var token = await LockAsync("plan.docx", 200);
        Assert.Equal(201, await _dav.StatusAsync("PUT", "~WRD0001.tmp", "after"));
        // The document is renamed, the new one gets its name, and the old one is deleted.
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "plan.docx", null, ("Lock-Token", $"<{token}>")));
        Assert.Equal(204, await _dav.PutAtAsync("MOVE", "~WRD0001.tmp", "plan.docx", ("Overwrite", "T")));
        Assert.Equal(id, await IdAsync("plan.docx"));
        Assert.Equal("after", await _dav.ReadAsync("plan.docx"));
        Assert.Equal([2, 1], (await VersionsAsync("plan.docx")).Select(version => version.GetProperty("number").GetInt32()));
        Assert.Equal([$"{_dav.Root}/plan.docx"], await _dav.ListAsync(""));
    }

    private static readonly (string, string) Depth0 = ("Depth", "0");

    private static string Ask(params string[] names) =>
        $"<D:propfind xmlns:D=\"DAV:\"><D:prop>{string.Concat(names.Select(name => $"<D:{name}/>"))}</D:prop></D:propfind>";

    private async Task<string> LockAsync(string path, int status, params (string Name, string Value)[] headers)
    {
        using var answer = await _dav.SendAsync("LOCK", path, Exclusive, [("Depth", "0"), .. headers]);
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return Assert.Single(answer.Headers.GetValues("Lock-Token")).Trim('<', '>');
    }

    private async Task<JsonElement[]> VersionsAsync(string path) =>
    [
        .. (await fixture.Service.Client.GetFromJsonAsync<JsonElement>($"/api/entries/{await IdAsync(path)}/versions"))
            .GetProperty("items").EnumerateArray(),
    ];

    private async Task<string> IdAsync(string path) =>
        (await fixture.Service.Client.GetFromJsonAsync<JsonElement>(
            $"/api/tree/{_dav.Root["/dav/shared/".Length..]}/{Uri.EscapeDataString(path)}?format=json")).GetProperty("id").GetString()!;
}
