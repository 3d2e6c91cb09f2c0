using System.Globalization;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T1-T16: the version, numbers, ids, addresses, methods.</summary>
[Collection(TusCollection.Name)]
public sealed class VersionTests(TusFixture fixture)
{
    private const string NoId = "/files/00000000000000000000000000000000";
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    public static TheoryData<string, string, int> Answers => new()
    {
        { "OPTIONS", "/files", 200 },
        { "OPTIONS", NoId, 200 },
        { "HEAD", NoId, 404 },
        { "PATCH", NoId, 404 },
        { "DELETE", NoId, 404 },
        { "GET", NoId, 404 },
        { "POST", "/files", 400 },
        { "PUT", NoId, 405 },
        { "POST", NoId, 405 },
        { "PATCH", "/files", 405 },
        { "HEAD", "/files", 405 },
        { "DELETE", "/files", 405 },
        { "GET", "/files", 405 },
        { "GET", "/files/a/b", 404 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_answer_has_the_version_and_a_status_of_its_own(string method, string path, int status)
    {
        var answer =
            await _client.TusAsync(new HttpMethod(method), path, null, ("Upload-Offset", "0"), ("Content-Type", TusClient.OffsetType));
        Assert.Equal(status, answer.Status);
        Assert.Equal("1.0.0", answer["Tus-Resumable"]);
        Assert.Equal("no-store", answer["Cache-Control"]);
        Assert.Equal("nosniff", answer["X-Content-Type-Options"]);
        if (status == 405)
            Assert.NotEmpty(answer["Allow"]!);
    }

    [Fact]
    public async Task Answer_without_a_key_carries_the_version_too()
    {
        using var http = _tus.Service.CreateClient(withKey: false);
        var answer = await new TusClient(http).TusAsync(HttpMethod.Head, NoId, null);
        Assert.Equal((401, "1.0.0"), (answer.Status, answer["Tus-Resumable"]));
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task Returns_412_without_the_version_and_does_nothing(string method)
    {
        var path = await _client.NewAsync(10);
        var target = method == "POST" ? "/files" : path;
        foreach (var version in new string?[] { null, "1.0.1", "9.9.9", "0.2.2", "" })
        {
            var count = await _tus.CountAsync();
            (string, string)[] headers = [("Upload-Offset", "0"), ("Upload-Length", "10"), ("Content-Type", TusClient.OffsetType)];
            var answer = await _client.SendAsync(
                new HttpMethod(method), target, method == "HEAD" ? null : new ByteArrayContent(new byte[5]),
                version is null ? headers : [("Tus-Resumable", version), .. headers]);
            Assert.Equal(412, answer.Status);
            Assert.Equal(("1.0.0", "1.0.0"), (answer["Tus-Version"], answer["Tus-Resumable"]));
            Assert.Equal(count, await _tus.CountAsync());
            var head = await _client.HeadAsync(path);
            Assert.Equal((200, 0L), (head.Status, head.Offset));
        }
    }

    [Fact]
    public async Task Returns_412_for_two_versions_and_takes_one_said_twice()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        await raw.BareHeadAsync($"HEAD {path}", "Tus-Resumable: 1.0.0", "Tus-Resumable: 0.2.2");
        Assert.Equal(412, (await raw.AnswerAsync()).Status);
        await raw.BareHeadAsync($"HEAD {path}", "Tus-Resumable: 1.0.0", "Tus-Resumable: 1.0.0");
        Assert.Equal(200, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task Downloads_without_the_version()
    {
        var bytes = TusClient.Bytes(10);
        var path = await _client.UploadAsync(bytes);
        var answer = await _client.SendAsync(HttpMethod.Get, path, null);
        Assert.Equal(200, answer.Status);
        Assert.Equal(bytes, await _client.DownloadAsync(path));
    }

    [Theory]
    [InlineData("Upload-Complete", "?1")]
    [InlineData("Upload-Incomplete", "?0")]
    [InlineData("Upload-Draft-Interop-Version", "6")]
    public async Task Points_requests_of_the_other_protocol_to_its_address(string name, string value)
    {
        var count = await _tus.CountAsync();
        var answer = await _client.CreateAsync(("Upload-Length", "10"), (name, value));
        Assert.Equal(400, answer.Status);
        Assert.Contains("/uploads", answer.Body, StringComparison.Ordinal);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Follows_the_method_override_of_a_POST()
    {
        var bytes = TusClient.Bytes(10);
        var path = await _client.NewAsync(10);
        var patch = await _client.TusAsync(
            HttpMethod.Post, path, new ByteArrayContent(bytes), ("X-HTTP-Method-Override", "PATCH"), ("Upload-Offset", "0"),
                ("Content-Type", TusClient.OffsetType));
        Assert.Equal((204, 10L), (patch.Status, patch.Offset));

        // A body would appear in the connection's next answer.
        using var raw = await _tus.RawAsync();
        await raw.HeadAsync($"POST {path}", "X-HTTP-Method-Override: HEAD", "Content-Length: 0");
        var head = await raw.AnswerAsync();
        Assert.Equal((200, 10L), (head.Status, head.Offset));
        Assert.Equal("0", head["Content-Length"]);
        await raw.HeadAsync($"POST {NoId}", "X-HTTP-Method-Override: HEAD", "Content-Length: 0");
        var missing = await raw.AnswerAsync();
        Assert.Equal((404, "0"), (missing.Status, missing["Content-Length"]));

        var delete = await _client.TusAsync(HttpMethod.Post, path, null, ("X-HTTP-Method-Override", "DELETE"));
        Assert.Equal(204, delete.Status);
        Assert.Equal(410, (await _client.HeadAsync(path)).Status);
    }

    [Fact]
    public async Task Log_and_metrics_show_the_overriding_method()
    {
        var path = await _client.NewAsync(11);
        await _client.TusAsync(HttpMethod.Post, path, null, ("X-HTTP-Method-Override", "DELETE"));
        Assert.Contains(_tus.Service.Log.All, line => line.Contains("DELETE /files/{id}", StringComparison.Ordinal));
        var metrics = await _client.SendAsync(HttpMethod.Get, "/metrics", null);
        Assert.Contains("method=\"DELETE\",route=\"/files/{id}\"", metrics.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("patch")]
    [InlineData("PUT")]
    [InlineData("")]
    public async Task Returns_400_for_an_invalid_method_override(string meant)
    {
        var path = await _client.NewAsync(10);
        var answer = await _client.TusAsync(HttpMethod.Post, path, null, ("X-HTTP-Method-Override", meant));
        Assert.Equal((400, "1.0.0"), (answer.Status, answer["Tus-Resumable"]));
    }

    [Fact]
    public async Task Replaces_no_method_but_POST()
    {
        var path = await _client.UploadAsync(TusClient.Bytes(10));
        Assert.Equal(200, (await _client.TusAsync(HttpMethod.Get, path, null, ("X-HTTP-Method-Override", "DELETE"))).Status);
        Assert.Equal(200, (await _client.TusAsync(HttpMethod.Head, path, null, ("X-HTTP-Method-Override", "DELETE"))).Status);
    }

    [Theory]
    [InlineData("+5")]
    [InlineData("-1")]
    [InlineData("1 0")]
    [InlineData("0x5")]
    [InlineData("1.5")]
    [InlineData("1e2")]
    [InlineData("")]
    [InlineData("5, 5")]
    [InlineData("9223372036854775808")]
    public async Task Returns_400_for_an_invalid_number(string text)
    {
        var count = await _tus.CountAsync();
        Assert.Equal(400, (await _client.CreateAsync(("Upload-Length", text))).Status);
        Assert.Equal(count, await _tus.CountAsync());

        var path = await _client.NewAsync(10);
        var patch = await _client.TusAsync(
            HttpMethod.Patch, path, new ByteArrayContent([1]), ("Upload-Offset", text), ("Content-Type", TusClient.OffsetType));
        Assert.Equal(400, patch.Status);
        var length = await _client.PatchAsync(path, 0, [1], ("Upload-Length", text));
        Assert.Equal(400, length.Status);
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Fact]
    public async Task Takes_leading_zeros()
    {
        var created = await _client.CreateAsync(("Upload-Length", "0010"));
        Assert.Equal("10", (await _client.HeadAsync(created.Path))["Upload-Length"]);
        var patch = await _client.TusAsync(
            HttpMethod.Patch, created.Path, new ByteArrayContent(new byte[10]), ("Upload-Offset", "000"),
                ("Content-Type", TusClient.OffsetType));
        Assert.Equal(204, patch.Status);
    }

    [Theory]
    [InlineData("Upload-Length: 10")]
    [InlineData("Upload-Defer-Length: 1")]
    [InlineData("Upload-Metadata: a eA==")]
    [InlineData("Upload-Concat: partial")]
    [InlineData("Upload-Checksum: md5 XrY7u+Ae7tCTyyK7j1rNww==")]
    public async Task Returns_400_for_a_header_of_a_creation_that_comes_twice(string header)
    {
        var count = await _tus.CountAsync();
        using var raw = await _tus.RawAsync();
        string[] length = header.StartsWith("Upload-Length", StringComparison.Ordinal)
            || header.StartsWith("Upload-Defer", StringComparison.Ordinal) ? [] : ["Upload-Length: 10"];
        await raw.HeadAsync("POST /files", [header, header, .. length, "Content-Length: 0"]);
        Assert.Equal(400, (await raw.AnswerAsync()).Status);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Theory]
    [InlineData("Upload-Offset: 0", "Upload-Offset: 0")]
    [InlineData("Upload-Offset: 0", "Upload-Offset: 5")]
    [InlineData("Upload-Length: 10", "Upload-Length: 10")]
    public async Task Returns_400_for_a_number_of_a_patch_that_comes_twice(string first, string second)
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        string[] offset = first.StartsWith("Upload-Offset", StringComparison.Ordinal) ? [] : ["Upload-Offset: 0"];
        await raw.HeadAsync($"PATCH {path}", [first, second, .. offset, $"Content-Type: {TusClient.OffsetType}", "Content-Length: 1"]);
        await raw.SendAsync("x");
        Assert.Equal(400, (await raw.AnswerAsync()).Status);
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("8F14E45FCEEA167A5A36DEDD4BEA2543")]
    [InlineData("8f14e45fceea167a5a36dedd4bea25430")]
    [InlineData("8f14e45f-ceea-167a-5a36-dedd4bea2543")]
    [InlineData("8f14e45fceea167a5a36dedd4bea254.")]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    [InlineData("%38f14e45fceea167a5a36dedd4bea254%00")]
    [InlineData("...")]
    [InlineData("con")]
    public async Task Returns_404_for_an_invalid_id(string id)
    {
        var seen = _tus.Hooks.Seen.Count;
        // The server itself refuses an invalid path.
        var status = id.Contains("%00", StringComparison.Ordinal) ? 400 : 404;
        Assert.Equal(status, (await RawStatusAsync("HEAD", id)));
        Assert.Equal(status, (await RawStatusAsync("DELETE", id)));
        Assert.Equal(status, (await RawStatusAsync("GET", id)));
        // The request reaches neither the ledger nor the disk.
        Assert.DoesNotContain(_tus.Hooks.Seen.Skip(seen),
            call => call.Name is nameof(IUploadLedger.FindAsync) or nameof(IStreamLedger.InspectStreamAsync));
    }

    [Fact]
    public async Task Ids_are_random_and_differ()
    {
        var one = (await _client.NewAsync(1)).Split('/')[^1];
        var two = (await _client.NewAsync(1)).Split('/')[^1];
        Assert.Matches("^[0-9a-f]{32}$", one);
        Assert.True(
            one.Zip(two).Count(pair => pair.First != pair.Second) > 16, string.Create(CultureInfo.InvariantCulture, $"{one} {two}"));
    }

    [Fact]
    public async Task A_query_and_a_slash_at_the_end_change_nothing()
    {
        var path = await _client.NewAsync(2);
        Assert.Equal(200, (await _client.HeadAsync(path + "?token=x")).Status);
        Assert.Equal(200, (await _client.HeadAsync(path + "/")).Status);
        Assert.Equal(204, (await _client.PatchAsync(path + "/?token=x", 0, [1, 2])).Status);
        Assert.Equal(201, (await _client.TusAsync(HttpMethod.Post, "/files/?x=1", null, ("Upload-Length", "1"))).Status);
    }

    [Fact]
    public async Task Errors_are_described_in_words_without_insides_and_to_HEAD_without_a_body()
    {
        var answer = await _client.PatchAsync(NoId, 0, [1]);
        Assert.Equal("application/problem+json", answer["Content-Type"]);
        Assert.Contains("not_found", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(_tus.Service.DataDirectory, answer.Body, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer["X-Content-Type-Options"]);
        var head = await _client.HeadAsync(NoId);
        Assert.Equal((404, "", null), (head.Status, head.Body, head["Content-Type"]));
        Assert.Contains(head["Content-Length"], new[] { null, "0" });
    }

    private async Task<int> RawStatusAsync(string method, string id)
    {
        using var raw = await _tus.RawAsync();
        await raw.HeadAsync($"{method} /files/{id}", "Connection: close");
        return (await raw.AnswerAsync()).Status;
    }
}
