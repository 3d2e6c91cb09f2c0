using System.Text.Json;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Unmodified tus-js-client in node against the service. Contents are compared.</summary>
public sealed class ClientTests : IClassFixture<TusFixture>, IDisposable
{
    private readonly TusFixture _fixture;
    private readonly TusService _tus;
    private readonly TusClient _client;
    private readonly string _folder = ServiceFolder.Create();
    private readonly byte[] _bytes = TusClient.Bytes(1_000_000);

    public ClientTests(TusFixture fixture)
    {
        (_fixture, _tus, _client) = (fixture, fixture.Tus, fixture.Tus.Client);
        File.WriteAllBytes(FilePath, _bytes);
    }

    private string FilePath => Path.Combine(_folder, "file.bin");

    public void Dispose() => ServiceFolder.Remove(_folder);

    [ClientTheory]
    [InlineData("plain", "POST 201,PATCH 204")]
    [InlineData("with-creation", "POST 201")]
    [InlineData("with-creation-in-chunks", null)]
    [InlineData("chunks", null)]
    [InlineData("stream", null)]
    [InlineData("stream-with-creation", null)]
    [InlineData("stream-of-known-length", null)]
    [InlineData("abort-and-start", null)]
    [InlineData("gone", "HEAD 404,POST 201,PATCH 204")]
    public async Task Tus_js_client_uploads(string scenario, string? requests)
    {
        var result = await RunAsync(scenario);
        var path = PathOf(result);
        Assert.Equal(_bytes, await _client.DownloadAsync(path));
        var upload = await _tus.UploadAsync(path);
        Assert.Equal(("from tus-js-client ä.bin", "application/x-test"), (upload.FileName, upload.ContentType));
        Assert.Equal(TusClient.Sha256(_bytes), upload.Sha256?.ToString());
        if (requests is not null)
            Assert.Equal(requests.Split(','), Requests(result));
        Assert.DoesNotContain(Requests(result), request => request.EndsWith(" 409", StringComparison.Ordinal)
            || request.EndsWith(" 423", StringComparison.Ordinal));
    }

    [ClientFact]
    public async Task Tus_js_client_patches_through_POST()
    {
        var result = await RunAsync("override");
        Assert.Equal(_bytes, await _client.DownloadAsync(PathOf(result)));
        Assert.DoesNotContain(Requests(result), request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [ClientFact]
    public async Task Tus_js_client_uploads_nothing_at_all()
    {
        var result = await RunAsync("empty");
        Assert.Equal(["POST 201"], Requests(result));
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(PathOf(result))).State);
    }

    [ClientTheory]
    [InlineData("parallel", 4)]
    [InlineData("parallel-with-creation", 3)]
    public async Task Tus_js_client_uploads_in_parallel(string scenario, int parts)
    {
        var result = await RunAsync(scenario);
        var path = PathOf(result);
        Assert.Equal(_bytes, await _client.DownloadAsync(path));
        var upload = await _tus.UploadAsync(path);
        Assert.Equal(parts, upload.Parts.Count);
        Assert.Equal("from tus-js-client ä.bin", upload.FileName);
    }

    [ClientTheory]
    [InlineData("abort-for-good")]
    [InlineData("terminate")]
    public async Task Tus_js_client_terminates(string scenario) =>
        Assert.Equal(410, (await _client.HeadAsync(PathOf(await RunAsync(scenario)))).Status);

    [ClientTheory]
    [InlineData("plain", "End", true)]
    [InlineData("plain", "Reset", true)]
    [InlineData("plain", "Silence", true)]
    [InlineData("chunks", "Reset", true)]
    [InlineData("override", "End", true)]
    // One part's failure aborts the other parts' requests.
    [InlineData("parallel", "End", false)]
    [InlineData("parallel", "Silence", false)]
    // An interrupted creation has sent no address at which to continue.
    [InlineData("with-creation", "End", false)]
    public async Task Tus_js_client_continues_after_every_cut_and_sends_nothing_twice_that_had_come(
        string scenario, string serviceSees, bool sendsLeast)
    {
        long[] cuts = [60_000, 200_001, 345_678, 500_000, 654_321, 800_000, 950_000];
        await using var proxy = new CutProxy(_tus.Service.Address, cuts) { ToService = Enum.Parse<Ending>(serviceSees) };
        var result = await RunAsync(scenario, ("TUS_ENDPOINT", new Uri(proxy.Address, "files").ToString()));
        Assert.Equal(_bytes, await _client.DownloadAsync(PathOf(result)));
        Assert.Equal(cuts.Length, proxy.Broken);
        // Besides the file, the heads of requests, and bytes that were lost in buffers.
        if (sendsLeast)
            Assert.InRange(proxy.Passed, _bytes.Length, _bytes.Length + (60 * 1024) + proxy.MayBeLost);
    }

    [ClientTheory]
    [InlineData("plain")]
    [InlineData("chunks")]
    public async Task Tus_js_client_continues_over_a_long_and_narrow_line_that_breaks(string scenario)
    {
        await using var proxy = new CutProxy(_tus.Service.Address, [300_000, 700_000])
        {
            Latency = TimeSpan.FromMilliseconds(40),
            Rate =
            2 << 20,
            ToService = Ending.Silence
        };
        var result = await RunAsync(scenario, ("TUS_ENDPOINT", new Uri(proxy.Address, "files").ToString()));
        Assert.Equal(_bytes, await _client.DownloadAsync(PathOf(result)));
        Assert.Equal(2, proxy.Broken);
    }

    [ClientFact]
    public async Task A_second_process_continues_where_a_killed_one_was()
    {
        var store = ("TUS_STORE", Path.Combine(_folder, "store.json"));
        using (var first = NodeClient.Start("tus-js.mjs", "first", [.. Common, store]))
        {
            Assert.Equal("stored", await first.LineAsync());
            await first.KillAsync();
        }

        var result = await RunAsync("second", store);
        Assert.Equal(_bytes, await _client.DownloadAsync(PathOf(result)));
        Assert.DoesNotContain(Requests(result), request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [ClientFact]
    public async Task Temporary_failure_costs_no_client_its_upload()
    {
        await using var tus = await _fixture.StartAsync();
        using var client = NodeClient.Start("tus-js.mjs", "trouble",
            [.. Common, ("TUS_ENDPOINT", new Uri(tus.Service.Address, "files").ToString()), ("TUS_KEY", tus.Service.Key)]);
        Assert.Equal("troubled", await client.LineAsync());
        tus.Hooks.Fail(nameof(IUploadLedger.FindAsync), () => new LedgerUnavailableException("away"), times: 2);
        await client.GoOnAsync();
        var result = await client.ResultAsync();
        Assert.Equal(_bytes, await tus.Client.DownloadAsync(PathOf(result)));
        Assert.Equal(2, Requests(result).Count(request => request == "HEAD 423"));
        Assert.Equal(1, Requests(result).Count(request => request.StartsWith("POST", StringComparison.Ordinal)));
        Assert.Equal(1, await tus.CountAsync());
    }

    [ClientTheory]
    [InlineData("right", 204, "1000000")]
    [InlineData("wrong", 460, "0")]
    public async Task The_checksum_may_come_in_the_trailer_over_HTTP_2(string which, int status, string offset)
    {
        using var certificate = new TestCertificate();
        await using var tus = await _fixture.StartAsync([("Host:Urls", "https://127.0.0.1:0"), .. certificate.Settings]);
        using var http = certificate.CreateHttp2Client(tus.Service);
        var client = new TusClient(http);
        var path = await client.NewAsync(_bytes.Length);
        var digest = System.Security.Cryptography.SHA256.HashData(which == "right" ? _bytes : []);
        var result = await NodeClient.RunAsync(
            "http2-trailer.mjs", null,
            ("TUS_URL", new Uri(tus.Service.Address, path).ToString()), ("TUS_KEY", tus.Service.Key), ("TUS_FILE", FilePath),
            ("TUS_CHECKSUM", "sha256 " + Convert.ToBase64String(digest)));
        Assert.Equal((status, offset), (result.GetProperty("status").GetInt32(), result.GetProperty("offset").GetString()));
        Assert.Equal(long.Parse(offset, null), (await tus.UploadAsync(path)).ReceivedBytes);
    }

    [ClientFact]
    public void The_lock_file_names_no_registry() =>
        Assert.DoesNotContain("\"resolved\"", File.ReadAllText(Path.Combine(Repository.Root, "Tests", "Clients", "package-lock.json")),
            StringComparison.Ordinal);

    private (string, string)[] Common =>
        [("TUS_ENDPOINT", new Uri(_tus.Service.Address, "files").ToString()), ("TUS_KEY", _tus.Service.Key), ("TUS_FILE", FilePath)];

    private Task<JsonElement> RunAsync(string scenario, params (string, string)[] environment) =>
        NodeClient.RunAsync("tus-js.mjs", scenario, [.. Common, .. environment]);

    private static string PathOf(JsonElement result) => new Uri(result.GetProperty("url").GetString()!).AbsolutePath;

    private static List<string> Requests(JsonElement result) =>
        [.. result.GetProperty("requests").EnumerateArray().Select(request => request.GetString()!)];
}
