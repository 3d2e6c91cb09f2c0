using System.Net;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;
using QuickXorHash = ChunkUpload.Emulators.Graph.QuickXorHash;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Upload sessions: the vendor's example, every refusal, and how sessions end.</summary>
public sealed class GraphSessionTests : IAsyncLifetime
{
    private const int Unit = GraphUploadSession.Multiple;

    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task File_of_128_bytes_in_two_fragments_fails_at_its_end_because_the_first_is_no_multiple()
    {
        // The vendor's example has fragments 0-25 and 26-127; its answers are the shown ones until the multiple is looked at.
        var file = GraphRig.Bytes(128);
        var address = await _rig.BeginAsync("Example/small.bin");
        using var first = await _rig.FragmentAsync(address, file, 0, 25);
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        var answer = JsonNode.Parse(await first.Content.ReadAsStringAsync())!;
        Assert.Equal("26-", (string?)answer["nextExpectedRanges"]![0]);
        Assert.NotNull((string?)answer["expirationDateTime"]);
        await GraphRig.RefusedAsync(await _rig.FragmentAsync(address, file, 26, 127), 400, "invalidRequest", "uploadSessionFailed");
    }

    [Fact]
    public async Task Odd_fragment_is_refused_at_once_in_strict_mode()
    {
        _rig.Host.Switches.Set(GraphSwitches.StrictFragments, true);
        var address = await _rig.BeginAsync("small.bin");
        await GraphRig.RefusedAsync(
            await _rig.FragmentAsync(address, GraphRig.Bytes(128), 0, 25), 400, "invalidRequest", "fragmentLengthMismatch");
    }

    [Fact]
    public async Task Two_fragments_make_a_new_file_and_then_replace_it()
    {
        var file = GraphRig.Bytes(Unit + 100);
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.OK])
        {
            var address = await _rig.BeginAsync(
                "a/b/file.bin", new { fileSystemInfo = new { lastModifiedDateTime = "2026-03-04T05:06:07Z" } });
            using var first = await _rig.FragmentAsync(address, file, 0, Unit - 1);
            Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
            using var query = await _rig.SendAsync(HttpMethod.Get, address);
            Assert.Equal($"{Unit}-", (string?)JsonNode.Parse(await query.Content.ReadAsStringAsync())!["nextExpectedRanges"]![0]);
            using var last = await _rig.FragmentAsync(address, file, Unit, file.Length - 1);
            Assert.Equal(status, last.StatusCode);
            var item = JsonNode.Parse(await last.Content.ReadAsStringAsync())!;
            Assert.Equal(QuickXorHash.Of(file), (string?)item["file"]!["hashes"]!["quickXorHash"]);
            Assert.Equal("2026-03-04T05:06:07Z", (string?)item["fileSystemInfo"]!["lastModifiedDateTime"]);
            await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, address), 404, "itemNotFound", "uploadSessionNotFound");
        }

        Assert.Equal(file, await _rig.ReadAsync("a/b/file.bin"));
    }

    [Fact]
    public async Task Gap_overlap_another_total_and_another_length_have_their_codes_and_change_nothing()
    {
        var file = GraphRig.Bytes((3 * Unit) + 1);
        var address = await _rig.BeginAsync("file.bin");
        using var first = await _rig.FragmentAsync(address, file, 0, Unit - 1);
        await GraphRig.RefusedAsync(
            await _rig.FragmentAsync(address, file, 2 * Unit, (3 * Unit) - 1), 416, "invalidRange", "fragmentOutOfOrder");
        await GraphRig.RefusedAsync(await _rig.FragmentAsync(address, file, 0, Unit - 1), 416, "invalidRange", "fragmentOverlap");
        await GraphRig.RefusedAsync(
            await _rig.FragmentAsync(address, file, Unit, (2 * Unit) - 1, total: file.Length + 1),
            400, "invalidRequest", "fragmentLengthMismatch");
        await GraphRig.RefusedAsync(
            await _rig.SendAsync(HttpMethod.Put, address, file[..10], $"bytes {Unit}-{(2 * Unit) - 1}/{file.Length}"),
            400, "invalidRequest", "fragmentLengthMismatch");
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Put, address, file[..10]), 400, "invalidRequest", "invalidRange");
        using var rest = await _rig.FragmentAsync(address, file, Unit, file.Length - 1);
        Assert.Equal(HttpStatusCode.Created, rest.StatusCode);
        Assert.Equal(file, await _rig.ReadAsync("file.bin"));
    }

    [Fact]
    public async Task Fragment_of_more_than_60_MiB_is_refused()
    {
        var address = await _rig.BeginAsync("file.bin");
        var length = GraphUploadSession.LongestFragment + Unit;
        await GraphRig.RefusedAsync(
            await _rig.SendAsync(HttpMethod.Put, address, new byte[length], $"bytes 0-{length - 1}/{length * 2L}"),
            413, "invalidRequest", "maxFragmentLengthExceeded");
    }

    [Fact]
    public async Task Upload_address_refuses_an_access_token()
    {
        var address = await _rig.BeginAsync("file.bin");
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Get, address), 401, "unauthenticated");
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Put, address, GraphRig.Bytes(10)), 401, "unauthenticated");
        Assert.Contains(
            _rig.Host.Journal.Entries,
            entry => entry is { Listener: 1, Status: 401 } && entry.Request.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Broken_fragment_counts_for_nothing()
    {
        var file = GraphRig.Bytes(2 * Unit);
        var address = await _rig.BeginAsync("file.bin");
        _rig.Host.Faults.Add(new FaultMatch { Method = "PUT" }, FaultAction.ResetAfter(100_000));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _rig.FragmentAsync(address, file, 0, Unit - 1));
        using var query = await _rig.SendAsync(HttpMethod.Get, address);
        Assert.Equal("0-", (string?)JsonNode.Parse(await query.Content.ReadAsStringAsync())!["nextExpectedRanges"]![0]);
        using var whole = await _rig.FragmentAsync(address, file, 0, file.Length - 1);
        Assert.Equal(HttpStatusCode.Created, whole.StatusCode);
        Assert.Equal(file, await _rig.ReadAsync("file.bin"));
    }

    [Fact]
    public async Task Reply_that_is_lost_leaves_the_fragment_received()
    {
        var file = GraphRig.Bytes(2 * Unit);
        var address = await _rig.BeginAsync("file.bin");
        _rig.Host.Faults.Add(new FaultMatch { Method = "PUT" }, FaultAction.ResetBeforeReply());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _rig.FragmentAsync(address, file, 0, Unit - 1));
        await GraphRig.RefusedAsync(await _rig.FragmentAsync(address, file, 0, Unit - 1), 416, "invalidRange", "fragmentOverlap");
        using var query = await _rig.SendAsync(HttpMethod.Get, address);
        Assert.Equal($"{Unit}-", (string?)JsonNode.Parse(await query.Content.ReadAsStringAsync())!["nextExpectedRanges"]![0]);
    }

    [Fact]
    public async Task Session_ends_by_the_clock_and_each_fragment_moves_its_end()
    {
        var file = GraphRig.Bytes(3 * Unit);
        _rig.Host.Switches.Set(GraphSwitches.SessionSeconds, 600L);
        var address = await _rig.BeginAsync("file.bin");
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(500));
        using var first = await _rig.FragmentAsync(address, file, 0, Unit - 1);
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(500));
        using var second = await _rig.FragmentAsync(address, file, Unit, (2 * Unit) - 1);
        Assert.Equal(HttpStatusCode.Accepted, second.StatusCode);
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(601));
        await GraphRig.RefusedAsync(
            await _rig.FragmentAsync(address, file, 2 * Unit, (3 * Unit) - 1), 404, "itemNotFound", "uploadSessionNotFound");
    }

    [Fact]
    public async Task Canceled_and_expired_sessions_are_gone()
    {
        var address = await _rig.BeginAsync("file.bin");
        using var canceled = await _rig.SendAsync(HttpMethod.Delete, address);
        Assert.Equal(HttpStatusCode.NoContent, canceled.StatusCode);
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, address), 404, "itemNotFound", "uploadSessionNotFound");
        address = await _rig.BeginAsync("file.bin");
        _rig.Emulator.ExpireSessions();
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Get, address), 404, "itemNotFound", "uploadSessionNotFound");
    }

    [Fact]
    public async Task Second_session_for_a_name_is_refused_on_an_organizations_drive_until_the_first_is_deleted()
    {
        var address = await _rig.BeginAsync("File.bin");
        var again = new { item = new Dictionary<string, string> { ["@microsoft.graph.conflictBehavior"] = "replace" } };
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Post, "/me/drive/root:/file.BIN:/createUploadSession", again), 409, "nameAlreadyExists");
        using var canceled = await _rig.SendAsync(HttpMethod.Delete, address);
        await _rig.BeginAsync("file.BIN");

        await _rig.BeginAsync("File.bin", token: GraphRig.Ben);
        await _rig.BeginAsync("File.bin", token: GraphRig.Ben);
    }

    [Fact]
    public async Task Name_that_was_taken_meanwhile_is_told_at_the_end_and_the_bytes_can_be_published_under_another()
    {
        var file = GraphRig.Bytes(1000);
        var fail = new Dictionary<string, string> { ["@microsoft.graph.conflictBehavior"] = "fail" };
        var address = await _rig.BeginAsync("report.bin", fail);
        await _rig.PutAsync("report.bin", [1, 2, 3]);
        await GraphRig.RefusedAsync(await _rig.FragmentAsync(address, file, 0, 999), 409, "nameAlreadyExists");
        var commit = new Dictionary<string, string>
        {
            ["name"] = "report.bin",
            ["@microsoft.graph.conflictBehavior"] = "rename",
            ["@microsoft.graph.sourceUrl"] = address,
        };
        var item = await _rig.JsonAsync(HttpMethod.Put, "/me/drive/root", commit, status: HttpStatusCode.Created);
        Assert.Equal("report 1.bin", (string?)item["name"]);
        Assert.Equal(file, await _rig.ReadAsync("report 1.bin"));
        Assert.Equal([1, 2, 3], await _rig.ReadAsync("report.bin"));
    }

    [Fact]
    public async Task Deferred_file_appears_by_an_empty_request_or_on_personal_drives_by_its_source()
    {
        var file = GraphRig.Bytes(1000);
        var address = await _rig.BeginAsync("late.bin", defer: true);
        using var received = await _rig.FragmentAsync(address, file, 0, 999);
        Assert.Equal(HttpStatusCode.Accepted, received.StatusCode);
        await GraphRig.RefusedAsync(await _rig.CallAsync(HttpMethod.Get, "/me/drive/root:/late.bin"), 404, "itemNotFound");
        using var committed = await _rig.SendAsync(HttpMethod.Post, address);
        Assert.Equal(HttpStatusCode.Created, committed.StatusCode);

        address = await _rig.BeginAsync("late.bin", token: GraphRig.Ben, defer: true);
        using var other = await _rig.FragmentAsync(address, file, 0, 999);
        await GraphRig.RefusedAsync(await _rig.SendAsync(HttpMethod.Post, address), 400, "invalidRequest");
        await _rig.JsonAsync(
            HttpMethod.Put,
            "/me/drive/root:/late.bin",
            new Dictionary<string, string> { ["@microsoft.graph.sourceUrl"] = address },
            GraphRig.Ben,
            HttpStatusCode.Created);
        Assert.Equal(file, await _rig.ReadAsync("late.bin", GraphRig.Ben));
    }

    [Fact]
    public async Task Changed_item_is_not_replaced_under_another_eTag()
    {
        var old = await _rig.PutAsync("file.bin", [1]);
        await _rig.PutAsync("file.bin", [2]);
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Post, "/me/drive/root:/file.bin:/createUploadSession", new { }, ifMatch: (string?)old["eTag"]),
            412, "resourceModified", "entityTagDoesNotMatch");
    }

    [Fact]
    public async Task File_that_is_too_large_for_the_quota_is_refused_at_the_beginning_or_with_its_first_fragment()
    {
        _rig.Emulator.SetQuota("ann@example.test", 2 * Unit);
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Post, "/me/drive/root:/a.bin:/createUploadSession", new { item = new { fileSize = 3 * Unit } }),
            507, "quotaLimitReached");
        var file = GraphRig.Bytes(3 * Unit);
        var address = await _rig.BeginAsync("a.bin");
        await GraphRig.RefusedAsync(await _rig.FragmentAsync(address, file, 0, Unit - 1), 507, "quotaLimitReached");
        _rig.Emulator.SetQuota(null, 1L << 30);
        using var whole = await _rig.FragmentAsync(address, file, 0, file.Length - 1);
        Assert.Equal(HttpStatusCode.Created, whole.StatusCode);
    }

    [Fact]
    public async Task Personal_drive_refuses_a_description() =>
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(
                HttpMethod.Post, "/me/drive/root:/a.bin:/createUploadSession", new { item = new { description = "x" } }, GraphRig.Ben),
            400, "invalidRequest");

    [Fact]
    public async Task Office_file_of_an_organization_is_another_one_after_its_upload()
    {
        _rig.Host.Switches.Set(GraphSwitches.RewriteOfficeFiles, true);
        var sent = await _rig.PutAsync("Budget.xlsx", GraphRig.Bytes(5000));
        var seen = await _rig.GetAsync("/me/drive/root:/Budget.xlsx");
        Assert.Equal(5000, (long)sent["size"]!);
        Assert.True((long)seen["size"]! > 5000);
        Assert.NotEqual((string?)sent["cTag"], (string?)seen["cTag"]);
        var content = await _rig.ReadAsync("Budget.xlsx");
        Assert.Equal(QuickXorHash.Of(content), (string?)seen["file"]!["hashes"]!["quickXorHash"]);
        Assert.Equal((long)seen["size"]!, content.Length);
        var text = await _rig.PutAsync("notes.txt", [1]);
        Assert.Equal((string?)text["cTag"], (string?)(await _rig.GetAsync("/me/drive/root:/notes.txt"))["cTag"]);
    }

    [Fact]
    public async Task Discarded_upload_is_hashed_across_a_broken_fragment()
    {
        await using var sink = await GraphRig.StartAsync(new EmulatorOptions { Sink = true });
        var file = GraphRig.Bytes(2 * Unit);
        var address = await sink.BeginAsync("file.bin");
        using var first = await sink.FragmentAsync(address, file, 0, Unit - 1);
        sink.Host.Faults.Add(new FaultMatch { Method = "PUT" }, FaultAction.ResetAfter(1000));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sink.FragmentAsync(address, file, Unit, file.Length - 1));
        using var last = await sink.FragmentAsync(address, file, Unit, file.Length - 1);
        var item = JsonNode.Parse(await last.Content.ReadAsStringAsync())!;
        Assert.Equal(QuickXorHash.Of(file), (string?)item["file"]!["hashes"]!["quickXorHash"]);
    }
}
