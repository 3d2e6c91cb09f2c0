using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Advisor;

/// <summary>The advisor over HTTP, in a service without other uploads.</summary>
public sealed class AdviceApiTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private ApiClient _api = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _api = new ApiClient(_service);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task An_upload_is_advised_by_what_it_shows_and_its_history_and_network_are_kept()
    {
        var content = ApiClient.Bytes(3 << 20);
        var id = await _api.CreateIdAsync(64 << 20);
        Assert.Equal("cold-start", Limit(await _api.GetAsync($"/api/sessions/{id}/advice")));
        for (var chunk = 0; chunk < 3; chunk++)
            await _api.PutOkAsync(id, chunk * content.Length, content);

        var advice = await _api.GetAsync($"/api/sessions/{id}/advice");
        Assert.NotEqual("cold-start", Limit(advice));
        Assert.True(advice.GetProperty("why").GetProperty("throughputBps").GetDouble() > 0);
        Assert.Equal(advice.GetProperty("chunkSize").GetInt64(), (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("advice")
            .GetProperty("chunkSize").GetInt64());

        var history = await _api.GetAsync($"/api/sessions/{id}/advice/history?limit=1");
        var first = history.GetProperty("items")[0];
        Assert.Equal(("cold-start", 512 << 10), (first.GetProperty("limitedBy").GetString(), first.GetProperty("chunkSize").GetInt32()));
        history = await _api.GetAsync($"/api/sessions/{id}/advice/history?cursor={history.GetProperty("nextCursor").GetString()}");
        Assert.NotEmpty(history.GetProperty("items").EnumerateArray());
        Assert.True(history.GetProperty("items")[0].GetProperty("before").GetProperty("succeeded").GetInt32() > 0);

        var network = Assert.Single((await _api.GetAsync("/api/networks")).GetProperty("items").EnumerateArray());
        Assert.Equal(
            ("operator", "127.0.0.0/24"), (network.GetProperty("subject").GetString(), network.GetProperty("network").GetString()));
        Assert.Equal(3 * content.Length, network.GetProperty("uploadedBytes").GetInt64());

        // The next incarnation begins with these figures and knows the network.
        _service = await _service.RestartAsync();
        _api = new ApiClient(_service);
        using var answer = await _api.Http.PostAsync(ApiClient.At("/api/advice"), null);
        Assert.NotEqual("cold-start", Limit(await ApiClient.JsonAsync(answer, HttpStatusCode.OK)));
    }

    [Fact]
    public async Task Streams_are_advised_in_a_header_until_they_are_complete()
    {
        var tus = new TusClient(_service.Client);
        var bytes = TusClient.Bytes(1 << 20);
        var created = await tus.SendAsync(HttpMethod.Post, "/files", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "2097152"));
        Assert.Equal("size=524288, concurrency=1, retry-after-ms=250", created["Upload-Advice"]);
        using (var body = new ByteArrayContent(bytes))
        {
            var patched = await tus.SendAsync(HttpMethod.Patch, created.Path, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"),
                ("Content-Type", TusClient.OffsetType));
            Assert.Matches("^size=[1-9][0-9]*, concurrency=1, retry-after-ms=250$", patched["Upload-Advice"]);
        }

        var head = await tus.SendAsync(HttpMethod.Head, created.Path, null, ("Tus-Resumable", "1.0.0"));
        Assert.NotNull(head["Upload-Advice"]);
        using (var body = new ByteArrayContent(bytes))
        {
            var last = await tus.SendAsync(HttpMethod.Patch, created.Path, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "1048576"),
                ("Content-Type", TusClient.OffsetType));
            Assert.Null(last["Upload-Advice"]);
        }

        using (var body = new ByteArrayContent(bytes))
        {
            var begun = await tus.SendAsync(
                HttpMethod.Post, "/uploads", body, ("Upload-Draft-Interop-Version", "8"), ("Upload-Complete", "?0"));
            Assert.Matches("^size=[1-9][0-9]*, concurrency=1, retry-after-ms=250$", begun["Upload-Advice"]);
            head = await tus.SendAsync(HttpMethod.Head, begun.Path, null, ("Upload-Draft-Interop-Version", "8"));
            Assert.NotNull(head["Upload-Advice"]);
        }
    }

    [Fact]
    public async Task Streams_that_are_told_to_continue_elsewhere_are_advised_as_well()
    {
        var tus = new TusClient(_service.Client);
        var created = await tus.SendAsync(HttpMethod.Post, "/files", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "2097152"));
        using (var body = new ByteArrayContent(TusClient.Bytes(1000)))
        {
            var conflict = await tus.SendAsync(HttpMethod.Patch, created.Path, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "5"),
                ("Content-Type", TusClient.OffsetType));
            Assert.Equal(409, conflict.Status);
            Assert.Matches("^size=[1-9][0-9]*, concurrency=1, retry-after-ms=[0-9]+$", conflict["Upload-Advice"]);
        }

        using (var body = new ByteArrayContent(TusClient.Bytes(1000)))
        {
            var mismatch = await tus.SendAsync(
                HttpMethod.Patch, created.Path, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"),
                    ("Content-Type", TusClient.OffsetType),
                ("Upload-Checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="));
            Assert.Equal(460, mismatch.Status);
            Assert.NotNull(mismatch["Upload-Advice"]);
        }

        using (var body = new ByteArrayContent(TusClient.Bytes(1000)))
        {
            var begun = await tus.SendAsync(
                HttpMethod.Post, "/uploads", body, ("Upload-Draft-Interop-Version", "8"), ("Upload-Complete", "?0"));
            using var more = new ByteArrayContent(TusClient.Bytes(1000));
            var conflict = await tus.SendAsync(
                HttpMethod.Patch, begun.Path, more, ("Upload-Draft-Interop-Version", "8"), ("Upload-Complete", "?0"),
                    ("Upload-Offset", "7"), ("Content-Type", "application/partial-upload"));
            Assert.Equal(409, conflict.Status);
            Assert.NotNull(conflict["Upload-Advice"]);
        }

        // There is no advice for an upload that has ended.
        _ = await tus.SendAsync(HttpMethod.Delete, created.Path, null, ("Tus-Resumable", "1.0.0"));
        var gone = await tus.SendAsync(HttpMethod.Head, created.Path, null, ("Tus-Resumable", "1.0.0"));
        Assert.Equal(410, gone.Status);
        Assert.Null(gone["Upload-Advice"]);
    }

    [Fact]
    public async Task A_history_ends_with_the_results_of_the_last_advice()
    {
        var content = ApiClient.Bytes(300_000);
        var completed = await _api.CreateIdAsync(content.Length);
        await _api.PutOkAsync(completed, 0, content);
        using (var answer = await _api.Http.PostAsync(ApiClient.At($"/api/sessions/{completed}/complete"), null))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("over", 1, 300_000), await LastAsync(completed));

        var cancelled = await _api.CreateIdAsync(1 << 20);
        await _api.PutOkAsync(cancelled, 0, content);
        using (var answer = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{cancelled}")))
            Assert.True(answer.IsSuccessStatusCode);
        // The answer to the chunk may have brought other advice under which no byte came.
        Assert.Equal("over", (await LastAsync(cancelled)).Limit);

        var tus = new TusClient(_service.Client);
        var stream = await tus.SendAsync(HttpMethod.Post, "/files", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "300000"));
        using (var body = new ByteArrayContent(content))
            _ = await tus.SendAsync(HttpMethod.Patch, stream.Path, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"),
                ("Content-Type", TusClient.OffsetType));
        Assert.Equal(("over", 1, 300_000), await LastAsync(stream.Path.Split('/')[^1]));

        async Task<(string? Limit, int Succeeded, int Bytes)> LastAsync(string id)
        {
            var last = (await _api.GetAsync($"/api/sessions/{id}/advice/history")).GetProperty("items").EnumerateArray().Last();
            var before = last.GetProperty("before");
            return (last.GetProperty("limitedBy").GetString(), before.GetProperty("succeeded").GetInt32(), before.GetProperty("bytes")
                .GetInt32());
        }
    }

    [Fact]
    public async Task Hints_of_a_client_count_when_it_asks_and_stay()
    {
        var id = await _api.CreateIdAsync(100 << 20);
        Assert.Equal(4, await StreamsAsync(null));
        Assert.Equal(3, await StreamsAsync("metered"));
        Assert.Equal(3, await StreamsAsync(null));
        Assert.Equal(4, await StreamsAsync("metered=?0"));

        async Task<int> StreamsAsync(string? said)
        {
            using var question = new HttpRequestMessage(HttpMethod.Get, ApiClient.At($"/api/sessions/{id}/advice"));
            if (said is not null)
                question.Headers.Add("Upload-Client", said);
            using var answer = await _api.Http.SendAsync(question);
            return (await ApiClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("concurrency").GetInt32();
        }
    }

    [Fact]
    public async Task Without_a_history_nothing_is_written_of_uploads_and_networks()
    {
        _service = await _service.RestartAsync(new Dictionary<string, string> { ["Advisor:KeepHistory"] = "false" });
        _api = new ApiClient(_service);
        var id = await _api.CreateIdAsync(1 << 20);
        await _api.PutOkAsync(id, 0, ApiClient.Bytes(300_000));

        Assert.Empty((await _api.GetAsync($"/api/sessions/{id}/advice/history")).GetProperty("items").EnumerateArray());
        Assert.Empty((await _api.GetAsync("/api/networks")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Policies_can_be_chosen_by_name()
    {
        _service = await _service.RestartAsync(new Dictionary<string, string> { ["Advisor:Policy"] = "Tiers" });
        Assert.Equal((256 << 10, 4), await FirstAsync());
        _service = await _service.RestartAsync(new Dictionary<string,
            string>
        { ["Advisor:Policy"] = "Fixed", ["Advisor:FixedSize"] = "5MiB", ["Advisor:MaxConcurrency"] = "2" });
        Assert.Equal((5 << 20, 2), await FirstAsync());
        // Never more than the service accepts or allows.
        _service = await _service.RestartAsync(new Dictionary<string, string>
        {
            ["Advisor:Policy"] = "Fixed",
            ["Advisor:FixedSize"] = "8MiB",
            ["Advisor:MaxConcurrency"] = "3",
            ["Uploads:MaxChunkSize"] = "4MiB",
        });
        Assert.Equal((4 << 20, 3), await FirstAsync());
        _service = await _service.RestartAsync(
            new Dictionary<string, string> { ["Advisor:ProxyBodyLimit"] = "100KiB", ["Advisor:MaxConcurrency"] = "2" });
        Assert.Equal((64 << 10, 2), await FirstAsync());

        async Task<(long, int)> FirstAsync()
        {
            _api = new ApiClient(_service);
            var advice = (await _api.CreateAsync(100 << 20)).GetProperty("advice");
            return (advice.GetProperty("chunkSize").GetInt64(), advice.GetProperty("concurrency").GetInt32());
        }
    }

    [Fact]
    public async Task A_busy_service_advises_one_chunk_at_a_time()
    {
        _service = await _service.RestartAsync(new Dictionary<string, string> { ["Advisor:BusyBodies"] = "1" });
        _api = new ApiClient(_service);
        var networks = (NetworkBook)_service.Services.GetService(typeof(NetworkBook))!;
        var id = await _api.CreateIdAsync(100 << 20);
        using (networks.Open(UploadId.New(), Core.Access.Caller.Operator))
        using (networks.Open(UploadId.New(), Core.Access.Caller.Operator))
            Assert.Equal(1, (await _api.GetAsync($"/api/sessions/{id}/advice")).GetProperty("concurrency").GetInt32());
        Assert.Equal(4, (await _api.GetAsync($"/api/sessions/{id}/advice")).GetProperty("concurrency").GetInt32());
    }

    private static string? Limit(JsonElement advice) => advice.GetProperty("why").GetProperty("limitedBy").GetString();
}
