using System.Text.Json;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Clients;

/// <summary>tus-js-client in its modes for the IETF drafts, against /uploads. It sends the file's name as in tus.</summary>
public sealed class DraftClientTests : IClassFixture<TusFixture>, IDisposable
{
    private readonly TusService _tus;
    private readonly string _folder = ServiceFolder.Create();
    private readonly byte[] _bytes = TusClient.Bytes(1_000_000, seed: 5);

    public DraftClientTests(TusFixture fixture)
    {
        _tus = fixture.Tus;
        File.WriteAllBytes(FilePath, _bytes);
    }

    private string FilePath => Path.Combine(_folder, "file.bin");

    public void Dispose() => ServiceFolder.Remove(_folder);

    [ClientTheory]
    [InlineData("plain", "ietf-draft-03", "POST 201,PATCH 201")]
    [InlineData("plain", "ietf-draft-05", "POST 201,PATCH 201")]
    [InlineData("chunks", "ietf-draft-03", null)]
    [InlineData("chunks", "ietf-draft-05", null)]
    [InlineData("with-creation", "ietf-draft-03", "POST 201")]
    [InlineData("with-creation", "ietf-draft-05", "POST 201")]
    [InlineData("with-creation-in-chunks", "ietf-draft-05", null)]
    [InlineData("stream", "ietf-draft-03", null)]
    [InlineData("stream", "ietf-draft-05", null)]
    [InlineData("abort-and-start", "ietf-draft-05", null)]
    [InlineData("gone", "ietf-draft-05", "HEAD 404,POST 201,PATCH 201")]
    public async Task Uploads(string scenario, string protocol, string? requests)
    {
        var result = await RunAsync(scenario, protocol, _tus.Service.Address);
        await AssertArrivedAsync(result);
        if (requests is not null)
            Assert.Equal(requests.Split(','), Requests(result));
    }

    [ClientTheory]
    [InlineData("plain", "ietf-draft-03", "End")]
    [InlineData("plain", "ietf-draft-05", "Reset")]
    [InlineData("chunks", "ietf-draft-05", "Silence")]
    public async Task Continues_after_every_cut_and_sends_nothing_twice_that_had_come(string scenario, string protocol, string serviceSees)
    {
        long[] cuts = [60_000, 200_001, 345_678, 500_000, 654_321, 800_000, 950_000];
        await using var proxy = new CutProxy(_tus.Service.Address, cuts) { ToService = Enum.Parse<Ending>(serviceSees) };
        var result = await RunAsync(scenario, protocol, proxy.Address);
        await AssertArrivedAsync(result);
        Assert.Equal(cuts.Length, proxy.Broken);
        Assert.Contains("HEAD 204", Requests(result));
        Assert.InRange(proxy.Passed, _bytes.Length, _bytes.Length + (60 * 1024) + proxy.MayBeLost);
    }

    [ClientTheory]
    [InlineData("ietf-draft-03")]
    [InlineData("ietf-draft-05")]
    public async Task A_second_process_continues_where_a_killed_one_was(string protocol)
    {
        var store = ("TUS_STORE", Path.Combine(_folder, "store.json"));
        using (var first = NodeClient.Start("tus-js.mjs", "first", [.. Common(protocol, _tus.Service.Address), store]))
        {
            Assert.Equal("stored", await first.LineAsync());
            await first.KillAsync();
        }

        var result = await RunAsync("second", protocol, _tus.Service.Address, store);
        await AssertArrivedAsync(result);
        Assert.DoesNotContain(Requests(result), request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    private async Task AssertArrivedAsync(JsonElement result)
    {
        var path = new Uri(result.GetProperty("url").GetString()!).AbsolutePath;
        Assert.StartsWith("/uploads/", path, StringComparison.Ordinal);
        var upload = await _tus.UploadAsync(path);
        Assert.Equal((UploadState.Completed, UploadProtocol.Ietf), (upload.State, upload.Protocol));
        Assert.Equal(("from tus-js-client ä.bin", "application/x-test"), (upload.FileName, upload.ContentType));
        Assert.Equal(TusClient.Sha256(_bytes), upload.Sha256?.ToString());
        Assert.Equal(_bytes, await _tus.Client.DownloadAsync($"/api/files/{upload.Id}/content"));
    }

    private Task<JsonElement> RunAsync(string scenario, string protocol, Uri address, params (string, string)[] environment) =>
        NodeClient.RunAsync("tus-js.mjs", scenario, [.. Common(protocol, address), .. environment]);

    private (string, string)[] Common(string protocol, Uri address) =>
        [("TUS_ENDPOINT", new Uri(address, "uploads").ToString()), ("TUS_KEY", _tus.Service.Key), ("TUS_FILE", FilePath),
            ("TUS_PROTOCOL", protocol)];

    private static List<string> Requests(JsonElement result) =>
        [.. result.GetProperty("requests").EnumerateArray().Select(request => request.GetString()!)];
}
