using System.Net;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;
using QuickXorHash = ChunkUpload.Emulators.Graph.QuickXorHash;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Download addresses, ranges, versions, and how the service slows its callers down.</summary>
public sealed class GraphDownloadTests : IAsyncLifetime
{
    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Content_is_on_another_host_where_ranges_work_and_an_access_token_is_refused()
    {
        var file = GraphRig.Bytes(10_000);
        var item = await _rig.PutAsync("file.bin", file);
        var address = (string)item["@microsoft.graph.downloadUrl"]!;
        Assert.NotEqual(new Uri(_rig.Api).Host, new Uri(address).Host);
        using var part = await _rig.SendAsync(HttpMethod.Get, address, range: "bytes=100-199");
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("bytes 100-199/10000", part.Content.Headers.ContentRange!.ToString());
        Assert.Equal(file[100..200], await part.Content.ReadAsByteArrayAsync());
        using var tail = await _rig.SendAsync(HttpMethod.Get, address, range: "bytes=-50");
        Assert.Equal(file[^50..], await tail.Content.ReadAsByteArrayAsync());
        using var behind = await _rig.SendAsync(HttpMethod.Get, address, range: "bytes=10000-");
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, behind.StatusCode);
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Get, address), 401, "unauthenticated");
    }

    [Fact]
    public async Task Range_may_be_ignored()
    {
        var item = await _rig.PutAsync("file.bin", GraphRig.Bytes(1000));
        _rig.Host.Faults.Add(new FaultMatch { PathRegex = "^/download/" }, new FaultAction { Kind = "ignoreRange" });
        using var whole = await _rig.SendAsync(HttpMethod.Get, (string)item["@microsoft.graph.downloadUrl"]!, range: "bytes=100-199");
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal(1000, whole.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData(GraphRig.Ann, 401)]
    [InlineData(GraphRig.Ben, 403)]
    public async Task Address_ends_by_the_clock_and_by_command(string token, int status)
    {
        _rig.Host.Switches.Set(GraphSwitches.DownloadUrlSeconds, 60L);
        await _rig.PutAsync("file.bin", [1], token);
        async Task<string> Address() => (string)(await _rig.GetAsync("/me/drive/root:/file.bin", token))["@microsoft.graph.downloadUrl"]!;
        var first = await Address();
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(61));
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, first), status, "unauthenticated");
        var second = await Address();
        _rig.Emulator.ExpireDownloadUrls();
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, second), status, "unauthenticated");
        Assert.Equal([1], await _rig.ReadAsync("file.bin", token));
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, second + "x"), 404, "itemNotFound");
    }

    [Fact]
    public async Task Known_content_is_not_sent_again_and_earlier_versions_can_be_read()
    {
        var first = await _rig.PutAsync("file.bin", [1, 1]);
        await _rig.PutAsync("file.bin", [2, 2, 2]);
        var versions = await _rig.GetAsync("/me/drive/root:/file.bin:/versions");
        Assert.Equal([3, 2], versions["value"]!.AsArray().Select(version => (int)version!["size"]!));
        using var redirect = await _rig.CallAsync(HttpMethod.Get, $"/me/drive/items/{first["id"]}/versions/1.0/content");
        using var old = await _rig.SendAsync(HttpMethod.Get, redirect.Headers.Location!.ToString());
        Assert.Equal([1, 1], await old.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Empty_file_can_be_stored_and_read()
    {
        var item = await _rig.PutAsync("empty.txt", []);
        Assert.Equal(0, (int)item["size"]!);
        Assert.Equal("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", (string?)item["file"]!["hashes"]!["quickXorHash"]);
        Assert.Empty(await _rig.ReadAsync("empty.txt"));
    }

    [Fact]
    public async Task Generated_content_is_read_without_being_stored()
    {
        await _rig.Host.SeedAsync(new { items = new[] { new { path = "big.bin", size = 1_000_000, generator = "digest" } } });
        var item = await _rig.GetAsync("/me/drive/root:/big.bin");
        Assert.Equal("dGQQAVRFh6j+i7Op0hMGVqO8DYc=", (string?)item["file"]!["hashes"]!["quickXorHash"]);
        Assert.Equal(QuickXorHash.Of(await _rig.ReadAsync("big.bin")), (string?)item["file"]!["hashes"]!["quickXorHash"]);
    }

    [Fact]
    public async Task Caller_is_warned_then_throttled_until_the_minute_is_over_and_refused_calls_count_too()
    {
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(60 - _rig.Host.Clock.GetUtcNow().Second));
        _rig.Host.Switches.Set(GraphSwitches.UnitsPerMinute, 10L);
        async Task<HttpResponseMessage> List() => await _rig.CallAsync(HttpMethod.Get, "/me/drive/root/children");
        for (var call = 0; call < 3; call++)
        {
            using var quiet = await List();
            Assert.False(quiet.Headers.Contains("RateLimit-Remaining"));
        }

        using var near = await List();
        Assert.Equal(["2"], near.Headers.GetValues("RateLimit-Remaining"));
        Assert.Equal(["10"], near.Headers.GetValues("RateLimit-Limit"));
        using var last = await List();
        Assert.Equal(HttpStatusCode.OK, last.StatusCode);
        var over = await List();
        var seconds = (int)over.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        await GraphRig.RefusedAsync(over, 429, "activityLimitReached", "throttledRequest");
        await GraphRig.RefusedAsync(await List(), 429, "activityLimitReached", "throttledRequest");
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(seconds));
        using var again = await List();
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Faults_answer_in_the_vendors_form()
    {
        _rig.Host.Faults.Add(new FaultMatch(), FaultAction.Status(503, null, ("Retry-After", "30")));
        var unavailable = await _rig.CallAsync(HttpMethod.Get, "/me/drive");
        Assert.Equal(30, unavailable.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        await GraphRig.RefusedAsync(unavailable, 503, "serviceNotAvailable");
        var answer = await _rig.CallAsync(HttpMethod.Get, "/me/drive", token: "other");
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        await GraphRig.RefusedAsync(answer, 401, "InvalidAuthenticationToken");
        Assert.Equal("ann@example.test", (string?)(await _rig.GetAsync("/me"))["mail"]);
        Assert.Equal("documentLibrary", (string?)(await _rig.GetAsync("/sites/root/drive"))["driveType"]);
        Assert.Single((await _rig.GetAsync("/me/drives"))["value"]!.AsArray());
    }
}
