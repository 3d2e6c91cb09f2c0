using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>If types are limited, a file must begin like its declared type.</summary>
public sealed class TypeMismatchTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly byte[] Picture = [0x89, .. "PNG\r\n"u8, 0x1A, .. "\n"u8, .. TusClient.Bytes(2000)];
    private static readonly byte[] Page = [.. "<!doctype html><script>alert(1)</script>"u8, .. TusClient.Bytes(2000)];

    private TestService _service = null!;
    private TusClient _tus = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _tus = new TusClient(_service.Client);
        await _service.Services.GetRequiredService<ILimitLedger>().SetAsync(
            LimitTarget.OfTenant(Caller.DefaultTenant), new LimitValues { Rules = new FileRules(["image/*"], [], []) }, default);
        await _service.Services.GetRequiredService<LimitBook>().LoadAsync(default);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_file_that_begins_like_another_type_is_refused_in_every_protocol()
    {
        foreach (var (bytes, fits) in ((byte[], bool)[])[(Picture, true), (Page, false)])
        {
            foreach (var way in (string[])[
                "put", "tus", "tus byte by byte", "tus in its creation", "tus of unknown length", "ietf", "session", "tar"])
            {
                var (status, code) = await SendAsync(way, bytes);
                Assert.True(
                    fits ? status is >= 200 and <= 299 : (status, code) == (415, "type_mismatch"), $"{way}: {status} {code}");
            }
        }

        var files = await _service.Client.GetFromJsonAsync<JsonElement>("/api/files?limit=100");
        // The member of the archive is in the tree.
        Assert.Equal(7, files.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_concatenation_is_refused_by_the_beginning_of_its_first_parts()
    {
        foreach (var (bytes, status) in ((byte[], int)[])[(Picture, 201), (Page, 415)])
        {
            var first = await _tus.UploadAsync(bytes[..5], ("Upload-Concat", "partial"));
            var second = await _tus.UploadAsync(bytes[5..], ("Upload-Concat", "partial"));
            var joined = await _tus.CreateAsync(("Upload-Concat", $"final;{first} {second}"), Metadata);
            Assert.Equal(status, joined.Status);
        }

        // A part that is not complete yet could bring anything.
        var open = await _tus.NewAsync(10, ("Upload-Concat", "partial"));
        Assert.Equal(4, (await _tus.CreateAsync(("Upload-Concat", $"final;{open}"), Metadata)).Status / 100);
    }

    [Fact]
    public async Task The_bytes_of_a_refused_upload_are_freed()
    {
        Assert.Equal((415, "type_mismatch"), await SendAsync("put", Page));
        Assert.Equal((415, "type_mismatch"), await SendAsync("tus", Page));
        var ended = await _service.Client.GetFromJsonAsync<JsonElement>("/api/sessions?state=failed");
        Assert.Equal(2, ended.GetProperty("items").GetArrayLength());
    }

    private static (string, string) Metadata =>
        ("Upload-Metadata", $"filename {Base64("a.png")},filetype {Base64("image/png")}");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task<(int Status, string? Code)> SendAsync(string way, byte[] bytes)
    {
        var length = ("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture));
        switch (way)
        {
            case "put":
                using (var put = await _service.Client.PutAsync("/api/files/a.png", Content(bytes)))
                    return ((int)put.StatusCode, await CheckedService.CodeAsync(put));
            case "tar":
                var archive = new TarBytes().Pax(("CHUNKUPLOAD.type", "image/png"u8.ToArray()))
                    .Member('0', "a.png"u8.ToArray(), bytes).End();
                using (var unpacked = await _service.Client.PostAsync("/api/tree/?unpack=tar", new ByteArrayContent(archive)))
                {
                    var line = (await unpacked.Content.ReadAsStringAsync()).Split('\n')[0];
                    var code = JsonSerializer.Deserialize<JsonElement>(line).TryGetProperty("code", out var why) ? why.GetString() : null;
                    return (code is null ? 200 : 415, code);
                }

            case "tus" or "tus byte by byte":
                var path = await _tus.NewAsync(bytes.Length, Metadata);
                var cut = way == "tus" ? bytes.Length - 1 : 3;
                Assert.Equal(204, (await _tus.PatchAsync(path, 0, bytes[..cut])).Status);
                return Of(await _tus.PatchAsync(path, cut, bytes[cut..]));
            case "tus in its creation":
                return Of(await _tus.TusAsync(
                    HttpMethod.Post, "/files", new ByteArrayContent(bytes), length, Metadata, ("Content-Type", TusClient.OffsetType)));
            case "tus of unknown length":
                var created = await _tus.CreateAsync(("Upload-Defer-Length", "1"), Metadata);
                Assert.Equal(204, (await _tus.PatchAsync(created.Path, 0, bytes)).Status);
                return Of(await _tus.PatchAsync(created.Path, bytes.Length, [], length));
            case "ietf":
                using (var request = new HttpRequestMessage(HttpMethod.Post, "/uploads") { Content = Content(bytes) })
                {
                    request.Headers.Add("Upload-Draft-Interop-Version", "8");
                    request.Headers.Add("Upload-Complete", "?1");
                    request.Content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "a.png" };
                    using var answer = await _service.Client.SendAsync(request);
                    return ((int)answer.StatusCode, await CheckedService.CodeAsync(answer));
                }

            default:
                using (var made = await _service.Client.PostAsJsonAsync(
                    "/api/sessions", new { fileName = "a.png", contentType = "image/png", size = bytes.Length }))
                {
                    var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
                    foreach (var (from, to) in ((int, int)[])[(4, bytes.Length), (0, 4)])
                    {
                        var piece = bytes[from..to];
                        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/{from}")
                        {
                            Content = new ByteArrayContent(piece),
                        };
                        chunk.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(piece));
                        using var sent = await _service.Client.SendAsync(chunk);
                        Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync());
                    }

                    using var complete = await _service.Client.PostAsync($"/api/sessions/{id}/complete", null);
                    return ((int)complete.StatusCode, await CheckedService.CodeAsync(complete));
                }
        }
    }

    private static ByteArrayContent Content(byte[] bytes) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };

    private static (int Status, string? Code) Of(TusAnswer answer) => (answer.Status, answer["X-Error-Code"]);
}
