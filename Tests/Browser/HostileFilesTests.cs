using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Files;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Browser;

/// <summary>
/// Hostile contents under hostile names by every way out: in Chromium no script of them runs, whatever element of whichever page loads
/// them, and no name splits a header.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class HostileFilesTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    [ConsoleFact]
    public async Task No_script_runs_and_no_header_splits()
    {
        var uploaded = new List<(HostileFile File, string Name, string Id)>();
        foreach (var file in HostileFiles.Contents)
        {
            foreach (var name in HostileFiles.Names)
                uploaded.Add((file, name, await UploadAsync(file, name)));
        }

        var folder = await _links.MakeAsync(new { kind = "download", path = "hostile", title = HostileFiles.Names[2] });
        var embedded = new List<string>();
        var framed = new List<string>();
        var opened = new List<string>();
        foreach (var (file, name, id) in uploaded)
        {
            var path = Uri.EscapeDataString(name);
            var (byId, byPath, byLink) =
                ($"/api/files/{id}/content", $"/api/tree/hostile/{file.Kind}/{path}", $"{folder.Path}/tree/{file.Kind}/{path}");
            foreach (var way in new[] { byId, byPath, byLink })
                await AssertHarmlessAsync(way, file, way == byId ? null : name);
            embedded.Add(byId);
            embedded.Add(byLink);
            framed.Add(byPath);
            if (name == HostileFiles.Names[0] || name == HostileFiles.Names[3])
                opened.AddRange([byId, byPath, byLink]);
        }

        var shared = await _links.MakeAsync(
            new { kind = "download", path = $"hostile/html/{HostileFiles.Names[2]}", title = HostileFiles.Names[0] });
        await AssertHarmlessAsync($"{shared.Path}/content", uploaded[0].File, HostileFiles.Names[2]);
        await AssertArchiveAsync(uploaded.Count);
        var work = new
        {
            embedded,
            framed,
            opened,
            pages = new[] { folder.Path, shared.Path },
            kinds = HostileFiles.Contents.Select(file => file.Kind),
            controls = HostileFiles.Contents.Select(file => new { file.Kind, file.Type, Bytes = Convert.ToBase64String(file.Bytes) }),
        };
        using var rig = new ConsoleRig();
        var list = Path.Combine(rig.Folder, "work.json");
        await File.WriteAllTextAsync(list, JsonSerializer.Serialize(work, JsonSerializerOptions.Web));
        using var browser = ConsoleRig.Start("hostileFiles", _service.Address, _service.Key, list);
        var (result, _) = await ConsoleRig.EndAsync(browser);

        Assert.Equal([], Texts(result, "ran"));
        // The same contents without the service's headers do run: the test would see it.
        string[] known = ["html", "svg", "xhtml", "js", "nulls", "untyped"];
        Assert.Superset(known.ToHashSet(), Texts(result, "controls").ToHashSet());
        Assert.Equal(HostileFiles.Contents.Count, result.GetProperty("folders").GetInt32());
        Assert.True(result.GetProperty("shown").GetInt32() >= HostileFiles.Contents.Count * 8);
    }

    private async Task<string> UploadAsync(HostileFile file, string name)
    {
        using var content = new ByteArrayContent(file.Bytes);
        if (file.Type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(file.Type);
        using var answer = await _service.Client.PutAsync(
            $"/api/tree/hostile/{file.Kind}/{Uri.EscapeDataString(name)}?parents=true", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("fileId").GetString()!;
    }

    /// <param name="name">Null: the upload's own, which is not compared.</param>
    private async Task AssertHarmlessAsync(string path, HostileFile file, string? name)
    {
        // As they came over the wire.
        using var connection = await RawConnection.OpenAsync(_service.Address);
        await connection.SendAsync(
            $"GET {path} HTTP/1.1\r\nHost: {_service.Address.Authority}\r\nAuthorization: Bearer {_service.Key}\r\n"
                + "Connection: close\r\n\r\n");
        var answer = await connection.ReadToEndAsync();
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal), $"{path}:\n{answer}");
        Assert.Equal(Encoding.Latin1.GetString(file.Bytes), answer[(end + 4)..]);
        var lines = answer[..end].Split("\r\n")[1..];
        Assert.All(lines, line => Assert.Matches(@"\A[A-Za-z0-9-]+: [ -~]*\z", line));
        var headers = lines.Select(line => line.Split(": ", 2))
            .ToLookup(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        Assert.Empty(headers["X-Split"]);
        Assert.Equal("nosniff", Assert.Single(headers["X-Content-Type-Options"]));
        Assert.Equal("sandbox; default-src 'none'", Assert.Single(headers["Content-Security-Policy"]));
        Assert.Equal("same-origin", Assert.Single(headers["Cross-Origin-Resource-Policy"]));
        Assert.Equal(ServedType.Of(file.Type ?? ServedType.Bytes), Assert.Single(headers["Content-Type"]));
        var disposition = Assert.Single(headers["Content-Disposition"]);
        Assert.True(Microsoft.Net.Http.Headers.ContentDispositionHeaderValue.TryParse(disposition, out var parsed), disposition);
        Assert.Equal("attachment", parsed.DispositionType.Value);
        Assert.InRange(parsed.Parameters.Count, 1, 2);
        if (name is not null && !name.Any(character => char.IsControl(character) || character is '\\' or > '\u0100'))
        {
            var plain = Microsoft.Net.Http.Headers.HeaderUtilities.RemoveQuotes(parsed.FileName);
            Assert.Equal(name, (StringSegment.IsNullOrEmpty(parsed.FileNameStar) ? plain : parsed.FileNameStar).Value);
        }
    }

    private async Task AssertArchiveAsync(int count)
    {
        await using var archive = new MemoryStream(await _service.Client.GetByteArrayAsync("/api/tree/hostile?format=zip"));
        using var zip = new ZipArchive(archive);
        var files = zip.Entries.Where(entry => !entry.FullName.EndsWith('/')).ToList();
        Assert.Equal(count, files.Select(entry => entry.FullName).Distinct().Count());
        Assert.All(files, entry =>
        {
            Assert.DoesNotContain(entry.FullName, character => char.IsControl(character) || character is '\\' or '\u202E');
            Assert.Equal(2, entry.FullName.Split('/').Length);
            Assert.DoesNotContain("..", entry.FullName.Split('/'));
        });
    }

    private static IEnumerable<string> Texts(JsonElement result, string name) =>
        result.GetProperty(name).EnumerateArray().Select(text => text.GetString()!);
}
