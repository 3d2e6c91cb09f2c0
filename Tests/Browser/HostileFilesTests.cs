using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Files;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Browser;

/// <summary>
/// Hostile contents under hostile names, in every kind of download: in Chromium none of their scripts runs, whatever element of whichever
/// page loads them, and no name splits a header.
/// </summary>
[Trait("Runs", "release")]
public sealed partial class HostileFilesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Each = "each under one name";

    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await ConsoleRig.ServiceAsync(postgres);
        _links = new LinkClient(_service);
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    /// <summary>
    /// The contents and names that a browser opens. Usually each content under one name and each name at least once; with all of them one
    /// row for each content, under every name.
    /// </summary>
    public static TheoryData<string> Rows() => HostileFiles.All ? [.. HostileFiles.Contents.Select(file => file.Kind)] : [Each];

    [Fact]
    public async Task No_header_splits()
    {
        foreach (var file in HostileFiles.Contents)
        {
            foreach (var name in HostileFiles.Names)
            {
                var id = await UploadAsync(file, file.Kind, name);
                await AssertHarmlessAsync($"/api/files/{id}/content", file, null);
                await AssertHarmlessAsync($"/api/tree/hostile/{file.Kind}/{Uri.EscapeDataString(name)}", file, name);
            }
        }

        var folder = await _links.MakeAsync(new { kind = "download", path = "hostile", title = HostileFiles.Names[0] });
        foreach (var name in HostileFiles.Names)
            await AssertHarmlessAsync($"{folder.Path}/tree/html/{Uri.EscapeDataString(name)}", HostileFiles.Contents[0], name);
        await AssertArchiveAsync(HostileFiles.Contents.Count * HostileFiles.Names.Count);
    }

    [ConsoleTheory]
    [MemberData(nameof(Rows))]
    public async Task No_script_runs_nothing_navigates_and_names_are_text(string row)
    {
        var files = row == Each
            ? HostileFiles.Contents.Select((file, at) => (File: file, Name: HostileFiles.Names[at % HostileFiles.Names.Count])).ToList()
            : [.. HostileFiles.Names.Select(name => (File: HostileFiles.Contents.Single(file => file.Kind == row), Name: name))];
        // A name is unique within a folder.
        var groups = files.Chunk(HostileFiles.Names.Count).ToList();
        var embedded = new List<string>();
        var framed = new List<string>();
        var opened = new List<string>();
        var pages = new List<string>();
        foreach (var (index, group) in groups.Index())
        {
            var ids = new List<string>();
            foreach (var (file, name) in group)
                ids.Add(await UploadAsync(file, $"group-{index}", name));
            var link = await _links.MakeAsync(new { kind = "download", path = $"hostile/group-{index}", title = HostileFiles.Names[2] });
            pages.Add(link.Path);
            foreach (var (id, (_, name)) in ids.Zip(group))
            {
                string[] ways =
                [
                    $"/api/files/{id}/content", $"{link.Path}/tree/{Uri.EscapeDataString(name)}",
                    $"/api/tree/hostile/group-{index}/{Uri.EscapeDataString(name)}",
                ];
                embedded.AddRange(ways[..2]);
                framed.Add(ways[2]);
                opened.AddRange(ways);
            }
        }

        var single = await _links.MakeAsync(
            new { kind = "download", path = $"hostile/group-0/{HostileFiles.Names[2]}", title = HostileFiles.Names[0] });
        var contents = files.Select(file => file.File).Distinct().ToList();
        var work = new
        {
            embedded,
            framed,
            opened,
            pages,
            single = single.Path,
            folders = groups.Select((group, index) => new { Folder = $"group-{index}", Count = group.Length }),
            // A panel shows the name and nothing of the content: once is enough.
            panels = row == Each || row == HostileFiles.Contents[0].Kind,
            controls = contents.Select(file => new { file.Type, Bytes = Convert.ToBase64String(file.Bytes) }),
            // Control: without the service's headers the same contents do run.
            known = contents.Select(file => file.Kind).Where(HostileFiles.RunElsewhere.Contains),
        };
        using var rig = new ConsoleRig();
        var list = Path.Combine(rig.Folder, "work.json");
        await File.WriteAllTextAsync(list, JsonSerializer.Serialize(work, JsonSerializerOptions.Web));
        using var browser = ConsoleRig.Start("hostileFiles", _service.Address, _service.Key, list);
        var result = (await browser.ResultAsync()).GetProperty("result");

        Assert.Equal([], Texts(result, "ran"));
        Assert.Equal([], Texts(result, "led"));
        Assert.Equal(0, result.GetProperty("made").GetInt32());
        var names = files.Select(file => Visible(file.Name)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(names, Texts(result, "shown").Select(Visible).Order(StringComparer.Ordinal));
        Assert.Equal(
            names.Append(Visible($"Download {HostileFiles.Names[2]}")).Order(StringComparer.Ordinal),
            Texts(result, "shared").Select(text => Visible(text.Split(" (")[0])).Order(StringComparer.Ordinal));
    }

    private async Task<string> UploadAsync(HostileFile file, string folder, string name)
    {
        using var content = new ByteArrayContent(file.Bytes);
        if (file.Type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(file.Type);
        using var answer = await _service.Client.PutAsync(
            $"/api/tree/hostile/{folder}/{Uri.EscapeDataString(name)}?parents=true", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("fileId").GetString()!;
    }

    /// <param name="name">Null means the upload's own, which is not compared.</param>
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

    /// <summary>The ASCII of a name: pages show other characters as themselves or, if they are dangerous, by their numbers.</summary>
    private static string Visible(string text) => Invisible().Replace(text, "");

    [GeneratedRegex(@"\\u\{[0-9A-F]+\}|[^ -~]")]
    private static partial Regex Invisible();

    private static IEnumerable<string> Texts(JsonElement result, string name) =>
        result.GetProperty(name).EnumerateArray().Select(text => text.GetString()!);
}
