using System.Text.Json;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Clients;

/// <summary>Uppy's dashboard with its tus and Golden Retriever plugins in Chromium, on the page that the service serves.</summary>
public sealed class UppyTests : IClassFixture<TusFixture>, IDisposable
{
    private const int Length = 6_000_000;

    private readonly TusService _tus;
    private readonly string _folder = ServiceFolder.Create();
    private readonly byte[] _bytes = TusClient.Bytes(Length, seed: 7);

    public UppyTests(TusFixture fixture)
    {
        _tus = fixture.Tus;
        File.WriteAllBytes(FilePath, _bytes);
    }

    private string FilePath => Path.Combine(_folder, "holiday film.bin");

    public void Dispose() => ServiceFolder.Remove(_folder);

    [BrowserFact]
    public async Task Uploads_files_that_are_dropped_on_it()
    {
        var contents = Enumerable.Range(1, 3)
            .ToDictionary(index => Path.Combine(_folder, $"{index}.bin"), index => TusClient.Bytes(index * 100_000, index));
        foreach (var (path, content) in contents)
            await File.WriteAllBytesAsync(path, content);
        using var uppy = Start("drop", _tus.Service.Address, string.Join(':', contents.Keys));
        var files = await FilesAsync(uppy);
        Assert.Equal(contents.Values.Select(TusClient.Sha256).Order(), files.Select(file => file.Sha256).Order());
        foreach (var (path, name, _) in files)
        {
            Assert.Equal(contents[Path.Combine(_folder, name)], await _tus.Client.DownloadAsync(path));
        }
    }

    [BrowserFact]
    public async Task Asks_for_the_key_where_there_is_none_and_continues_with_it()
    {
        using var uppy = Start("key", _tus.Service.Address);
        Assert.Equal("Enter the key first.", await uppy.LineAsync());
        await uppy.GoOnAsync();
        Assert.Equal("The service does not know this key.", await uppy.LineAsync());
        await uppy.GoOnAsync();
        await AssertArrivedAsync(uppy);
    }

    [BrowserFact]
    public async Task Says_that_the_service_is_away_and_continues_when_it_is_back()
    {
        using var uppy = Start("away", _tus.Service.Address);
        Assert.Equal("The service does not answer", await uppy.LineAsync());
        await uppy.GoOnAsync();
        await AssertArrivedAsync(uppy);
    }

    [BrowserFact]
    public async Task Uploads_in_requests_of_a_chunk_each()
    {
        using var uppy = Start("chunks", _tus.Service.Address);
        await AssertArrivedAsync(uppy);
    }

    [BrowserFact]
    public async Task Pauses_and_continues()
    {
        await using var proxy = new CutProxy(_tus.Service.Address, stalls: [3_000_000]);
        using var uppy = Start("pause", proxy.Address);
        await UploadingAsync(uppy, proxy);
        Assert.Equal("paused", await uppy.LineAsync());
        var paused = await OnlyUploadAsync();
        Assert.Equal(UploadState.Open, paused.State);
        proxy.CutHeld();
        await uppy.GoOnAsync();
        await AssertArrivedAsync(uppy, once: true);
    }

    [BrowserFact]
    public async Task Continues_after_the_page_was_loaded_again()
    {
        await using var proxy = new CutProxy(_tus.Service.Address, stalls: [3_000_000]);
        using var uppy = Start("reload", proxy.Address);
        await UploadingAsync(uppy, proxy);
        Assert.Equal("reloaded", await uppy.LineAsync());
        // Bytes that the previous page has sent must not arrive any more.
        proxy.CutHeld();
        await uppy.GoOnAsync();
        await AssertArrivedAsync(uppy, once: true);
    }

    [BrowserFact]
    public async Task Continues_when_the_browser_is_online_again()
    {
        await using var proxy = new CutProxy(_tus.Service.Address, stalls: [3_000_000]);
        using var uppy = Start("offline", proxy.Address);
        await UploadingAsync(uppy, proxy);
        Assert.Equal("offline", await uppy.LineAsync());
        // The browser only believes it is offline; the connection must be cut as well.
        proxy.CutHeld();
        await uppy.GoOnAsync();
        await AssertArrivedAsync(uppy, once: true);
    }

    [BrowserFact]
    public async Task Continues_after_every_cut()
    {
        // A browser repeats a request by itself on a reused connection while it has received nothing, which hides the cut if the service
        // has not read a byte. Small buffers make sure that it has.
        await using var proxy = new CutProxy(_tus.Service.Address, cuts: [1_500_000, 3_000_000, 4_500_000]) { SendBufferSize = 64 << 10 };
        using var uppy = Start("cut", proxy.Address);
        await AssertArrivedAsync(uppy, once: true);
        Assert.Equal(3, proxy.Broken);
    }

    private static async Task UploadingAsync(PageScript uppy, CutProxy proxy)
    {
        Assert.Equal("uploading", await uppy.LineAsync());
        await proxy.StalledAsync();
        await uppy.GoOnAsync();
    }

    private PageScript Start(string scenario, Uri address, string? files = null) => PageScript.Start(
        "uppy", scenario, ("base", address.ToString()), ("key", _tus.Service.Key), ("files", files ?? FilePath));

    private async Task AssertArrivedAsync(PageScript uppy, bool once = false)
    {
        var result = await uppy.ResultAsync();
        Assert.Empty(result.GetProperty("complaints").EnumerateArray());
        var (path, name, sha256) = Assert.Single(Files(result));
        Assert.Equal((Path.GetFileName(FilePath), TusClient.Sha256(_bytes)), (name, sha256));
        Assert.Equal(_bytes, await _tus.Client.DownloadAsync(path));
        Assert.Equal(Path.GetFileName(FilePath), (await _tus.UploadAsync(path)).FileName);
        var requests = result.GetProperty("requests").EnumerateArray().Select(request => request.GetString()!).ToList();
        Assert.Single(requests, request => request.StartsWith("POST", StringComparison.Ordinal));
        if (once)
            Assert.Contains("HEAD 200", requests);
    }

    private static async Task<List<(string Path, string Name, string Sha256)>> FilesAsync(PageScript uppy)
    {
        var result = await uppy.ResultAsync();
        Assert.Empty(result.GetProperty("complaints").EnumerateArray());
        return Files(result);
    }

    private static List<(string Path, string Name, string Sha256)> Files(JsonElement result) =>
        [.. result.GetProperty("files").EnumerateArray()
            .Select(file => (new Uri(Text(file, "url")).AbsolutePath, Text(file, "name"), Text(file, "sha256")))];

    private static string Text(JsonElement file, string name) => file.GetProperty(name).GetString()!;

    private async Task<Upload> OnlyUploadAsync()
    {
        var open = await _tus.Ledger.ListAsync(new UploadQuery(Core.Access.Caller.Operator) { Limit = 1000 }, CancellationToken.None);
        return Assert.Single(open.Items, upload => upload.FileName == Path.GetFileName(FilePath) && upload.State == UploadState.Open);
    }
}
