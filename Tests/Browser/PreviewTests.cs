using System.Net.Http.Headers;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>Previews in Chromium, for those who are signed in and for guests: nothing of a hostile file runs.</summary>
public sealed class PreviewTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Script = "<!doctype html><script>globalThis.ran = parent.ran = top.ran = true</script>";

    // A picture of two by two pixels.
    private static readonly byte[] Picture = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGNgaykCIoYTd54BEQAlbAcNYUDwkAAAAABJRU5ErkJggg==");

    private static readonly byte[] Pdf = """
        %PDF-1.4
        1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
        2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
        trailer<</Root 1 0 R>>
        """u8.ToArray();

    // A film of a second: two red frames of 16 by 16 pixels in VP8.
    private static readonly byte[] Film = Convert.FromBase64String(
        "GkXfo0ASQoJABHdlYm1Ch0ABAkKFQAECGFOAZ0C7FUmpZkAaKtexQAMPQkBEiUAERHoAAE2AQAF4V0FAAXgWVK5rQCOuQCDXQAEBc8VAAQGDQAEBhkAF"
            + "Vl9WUDjgQAiwQAEQukABEB9DtnVAbOdAAQCjQDWBAACAcAIAnQEqEAAQAASHCIWFiJmEiBgCAnWqAgy+BID+8BvfhtVZW3/1wH/zgP/nAfysAKNALYEB"
            + "9IAwAgCdASoQABAACocIhYWImYSIOAICdPRvT4D+4uBIw0a/tT8rPd9wAA==");

    [ConsoleTheory]
    [InlineData("lookWide")]
    [ReleaseData("lookByPhone")]
    public async Task Files_are_seen_on_the_whole_screen_one_after_the_other_and_as_tiles(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await FillAsync(service);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var pdf = result.GetProperty("pdf").GetBoolean() ? "IFRAME" : "P";
        Assert.Equal(
            ["a.png IMG", "b.png IMG", $"c.pdf {pdf}", "d.pdf P", "e.mp4 P", "e.webm VIDEO", "f.html DIV", "g.txt DIV"],
            result.GetProperty("seen").EnumerateArray().Select(one => $"{one.GetProperty("name")} {one.GetProperty("kind")}"));
        var texts = result.GetProperty("seen").EnumerateArray().Select(one => one.GetProperty("text").GetString()!).ToList();
        Assert.Contains("can be downloaded", texts[4], StringComparison.Ordinal);
        Assert.Equal((Script, "plain"), (texts[6], texts[7]));
        Assert.True(result.GetProperty("last").GetBoolean());
        Assert.False(result.GetProperty("ran").GetBoolean());
    }

    [ConsoleFact]
    public async Task A_guest_sees_pictures_and_files_on_the_whole_screen_where_downloads_are_not_counted()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await FillAsync(service);
        var links = new LinkClient(service);
        var open = await links.MakeAsync(new { kind = "download", path = "show" });
        var seen = await LookAsync(service, open.Path);
        Assert.Equal(["true", "3", "a.png", "IMG", "true", "b.png"], seen);
        var counted = await links.MakeAsync(new { kind = "download", path = "show", maxDownloads = 3 });
        Assert.Equal(["false", "0", "a.png", "IMG", "true", "b.png"], await LookAsync(service, counted.Path));
        links.Close();
        var used = (await new ApiClient(service).GetAsync("/api/links")).GetProperty("items").EnumerateArray()
            .Single(link => link.GetProperty("maxDownloads").ValueKind == JsonValueKind.Number).GetProperty("downloads").GetInt64();
        Assert.Equal(2, used);
    }

    private static async Task<IEnumerable<string?>> LookAsync(TestService service, string path)
    {
        var result = await PageScript.RunAsync("link", "look", ("url", new Uri(service.Address, path).ToString()));
        Assert.Empty(result.GetProperty("complaints").EnumerateArray());
        return result.GetProperty("shown").EnumerateArray().Select(word => word.GetString());
    }

    private static async Task FillAsync(TestService service)
    {
        var script = System.Text.Encoding.UTF8.GetBytes(Script);
        (string Name, string Type, byte[] Bytes)[] files =
        [
            ("a.png", "image/png", Picture), ("b.png", "image/png", Picture), ("c.pdf", "application/pdf", Pdf),
            // A page that says it is a PDF, and a film that is none.
            ("d.pdf", "text/html", script), ("e.mp4", "text/html", script), ("e.webm", "video/webm", Film),
            ("f.html", "text/html", script), ("g.txt", "text/plain", "plain"u8.ToArray()), ("h.bin", "application/octet-stream", [1, 2, 3]),
        ];
        foreach (var (name, type, bytes) in files)
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
            using var made = await service.Client.PutAsync(ApiClient.At($"/api/tree/show/{name}?parents=true"), content);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }
    }
}
