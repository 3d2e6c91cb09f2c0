using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Emulators.Graph;
using Microsoft.Graph;
using Microsoft.Graph.Drives.Item.Items.Item.CreateUploadSession;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Kiota.Abstractions.Authentication;
using QuickXorHash = ChunkUpload.Emulators.Graph.QuickXorHash;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>The vendor's own client against the emulator: where they disagree, the emulator is wrong.</summary>
public sealed class GraphClientTests : IAsyncLifetime
{
    private const int Unit = GraphUploadSession.Multiple;

    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData(GraphRig.Ann, "business")]
    [InlineData(GraphRig.Ben, "personal")]
    public async Task Client_uploads_by_fragments_lists_downloads_by_ranges_moves_and_deletes(string token, string kind)
    {
        using var client = Client(token);
        var drive = await client.Me.Drive.GetAsync();
        Assert.Equal(kind, drive!.DriveType);
        Assert.Equal("normal", drive.Quota!.State);
        var items = client.Drives[drive.Id].Items;
        var root = items["root"];

        var file = GraphRig.Bytes((3 * Unit) + 1234);
        var item = await UploadAsync(client, root.ItemWithPath("Reports/2026/data.bin").CreateUploadSession, file);
        Assert.Equal("data.bin", item.Name);
        Assert.Equal(file.Length, item.Size);
        Assert.Equal(QuickXorHash.Of(file), item.File!.Hashes!.QuickXorHash);

        var listed = await root.ItemWithPath("Reports/2026").Children.GetAsync(request =>
            request.QueryParameters.Select = ["id", "name", "size"]);
        Assert.Equal(item.Id, Assert.Single(listed!.Value!).Id);

        await using (var whole = await items[item.Id].Content.GetAsync())
            Assert.Equal(file, await ReadAsync(whole!));
        Assert.Equal(file[1000..5001], await RangeAsync(item, 1000, 5000));

        var folder = await items["root"].Children.PostAsync(new DriveItem { Name = "Elsewhere", Folder = new Folder() });
        var moved = await items[item.Id].PatchAsync(
            new DriveItem { Name = "moved.bin", ParentReference = new ItemReference { Id = folder!.Id } });
        Assert.Equal("moved.bin", moved!.Name);
        Assert.Equal(folder.Id, moved.ParentReference!.Id);
        Assert.Equal(item.CTag, moved.CTag);
        Assert.NotEqual(item.ETag, moved.ETag);

        await items[item.Id].DeleteAsync();
        var error = await Assert.ThrowsAsync<ODataError>(() => items[item.Id].GetAsync());
        Assert.Equal("itemNotFound", error.Error!.Code);
        Assert.Equal(404, error.ResponseStatusCode);
    }

    [Fact]
    public async Task Client_uploads_small_content_and_sets_times()
    {
        using var client = Client(GraphRig.Ann);
        var drive = await client.Me.Drive.GetAsync();
        var items = client.Drives[drive!.Id].Items;
        var item = await items["root"].ItemWithPath("Ünï & more/a b#c.txt").Content.PutAsync(new MemoryStream([1, 2, 3]));
        Assert.Equal("a b#c.txt", item!.Name);
        var time = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var changed = await items[item.Id].PatchAsync(new DriveItem { FileSystemInfo = new() { LastModifiedDateTime = time } });
        Assert.Equal(time, changed!.FileSystemInfo!.LastModifiedDateTime);
        var byPath = await items["root"].ItemWithPath("Ünï & more/A B#C.TXT").GetAsync();
        Assert.Equal(item.Id, byPath!.Id);
        await using var content = await items[item.Id].Content.GetAsync();
        Assert.Equal([1, 2, 3], await ReadAsync(content!));
    }

    [Fact]
    public async Task Client_goes_through_all_pages_of_a_folder()
    {
        using var client = Client(GraphRig.Ann);
        var seeds = Enumerable.Range(0, 45).Select(number => new { path = $"Many/{number:00}.txt", text = "x" });
        await _rig.Host.SeedAsync(new { items = seeds });
        var drive = await client.Me.Drive.GetAsync();
        var page = await client.Drives[drive!.Id].Items["root"].ItemWithPath("Many").Children
            .GetAsync(request => request.QueryParameters.Top = 20);
        var names = new List<string>();
        var pages = PageIterator<DriveItem, DriveItemCollectionResponse>.CreatePageIterator(client, page!, item =>
        {
            names.Add(item.Name!);
            return true;
        });
        await pages.IterateAsync();
        Assert.Equal(Enumerable.Range(0, 45).Select(number => $"{number:00}.txt"), names);
        Assert.Equal(3, _rig.Host.Journal.Entries.Count(entry => entry.Operation == "item.children"));
    }

    [Fact]
    public async Task Client_follows_the_change_feed()
    {
        using var client = Client(GraphRig.Ann);
        var drive = await client.Me.Drive.GetAsync();
        var items = client.Drives[drive!.Id].Items;
        await _rig.PutAsync("Folder/one.txt", [1]);
        await _rig.PutAsync("Folder/two.txt", [2]);
        var first = await items["root"].Delta.GetAsDeltaGetResponseAsync();
        Assert.Equal(["root", "Folder", "one.txt", "two.txt"], first!.Value!.Select(item => item.Name));
        Assert.NotNull(first.OdataDeltaLink);

        await items["root"].ItemWithPath("Folder/one.txt").DeleteAsync();
        await _rig.PutAsync("Folder/three.txt", [3]);
        var second = await items["root"].Delta.WithUrl(first.OdataDeltaLink).GetAsDeltaGetResponseAsync();
        Assert.Contains(second!.Value!, item => item.Deleted is not null && item.Id == first.Value![2].Id);
        Assert.Contains(second.Value!, item => item.Name == "three.txt");
        Assert.DoesNotContain(second.Value!, item => item.Name == "two.txt");

        var third = await items["root"].Delta.WithUrl(second.OdataDeltaLink!).GetAsDeltaGetResponseAsync();
        Assert.Empty(third!.Value!);
    }

    [Fact]
    public async Task Client_waits_as_long_as_a_throttled_answer_says()
    {
        using var client = Client(GraphRig.Ann);
        _rig.Host.Faults.Add(new(), ChunkUpload.Emulators.Control.FaultAction.Status(429, "activityLimitReached", ("Retry-After", "1")));
        Assert.NotNull(await client.Me.Drive.GetAsync());
        Assert.Equal([429, 200], _rig.Host.Journal.Entries.Select(entry => entry.Status));
    }

    private static async Task<DriveItem> UploadAsync(
        GraphServiceClient client, CreateUploadSessionRequestBuilder create, byte[] file)
    {
        var session = await create.PostAsync(new CreateUploadSessionPostRequestBody
        {
            Item = new DriveItemUploadableProperties
            {
                AdditionalData = new Dictionary<string, object> { ["@microsoft.graph.conflictBehavior"] = "replace" },
            },
        });
        var task = new LargeFileUploadTask<DriveItem>(session!, new MemoryStream(file), Unit, client.RequestAdapter);
        var progress = new List<long>();
        var result = await task.UploadAsync(new SynchronousProgress(progress.Add));
        Assert.True(result.UploadSucceeded);
        Assert.Equal(4, progress.Count);
        return result.ItemResponse;
    }

    private static async Task<byte[]> RangeAsync(DriveItem item, long first, long last)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, (string)item.AdditionalData["@microsoft.graph.downloadUrl"]);
        request.Headers.Range = new RangeHeaderValue(first, last);
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private GraphServiceClient Client(string token) =>
        new(new BaseBearerTokenAuthenticationProvider(new TokenProvider(token, new Uri(_rig.Api).Host)), _rig.Api);

    /// <summary>Gives the token to the API's host only, as the providers for real accounts do.</summary>
    private sealed class TokenProvider(string token, string host) : IAccessTokenProvider
    {
        public AllowedHostsValidator AllowedHostsValidator { get; } = new([host]);

        public Task<string> GetAuthorizationTokenAsync(
            Uri uri, Dictionary<string, object>? additionalAuthenticationContext = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(AllowedHostsValidator.IsUrlHostValid(uri) ? token : "");
    }

    private sealed class SynchronousProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
