using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>The limits in Upload-Limit are announced and enforced.</summary>
public sealed class LimitFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    internal TestService Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Service = await TestService.StartAsync(_postgres, new Dictionary<string, string>(Settings)
        {
            ["Uploads:MaxSize"] = "200KiB",
            ["Uploads:IdleExpiry"] = "1h",
            ["Resumable:MinSize"] = "4",
            ["Resumable:MaxAppendSize"] = "100KiB",
            ["Resumable:MinAppendSize"] = "3",
        });
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();
}

public sealed class LimitTests(LimitFixture fixture) : IClassFixture<LimitFixture>
{
    private const string All = "max-size=204800, min-size=4, max-append-size=102400, min-append-size=3, max-age=3600";
    private const int MaxAppend = 100 << 10;

    [Fact]
    public async Task Options_tells_the_limits_without_a_key()
    {
        foreach (var path in new[] { "/uploads", "/uploads/0123456789abcdef0123456789abcdef", "*" })
        {
            var answer = await RawConnection.AnswerAsync(fixture.Service.Address,
                $"OPTIONS {path} HTTP/1.1\r\nHost: {fixture.Service.Address.Authority}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains($"Upload-Limit: {All}\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("Accept-Patch: application/partial-upload\r\n", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Version_6_has_another_word_for_the_age() =>
        Assert.Equal(All.Replace("max-age", "expires", StringComparison.Ordinal),
            (await SendAsync("OPTIONS /uploads", null, "Upload-Draft-Interop-Version: 6"))["Upload-Limit"]);

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_before_anything_is_created()
    {
        foreach (var version in new int?[] { 6, 9, null })
        {
            var answer = await SendAsync("POST /uploads", [], [.. Version(version), "Upload-Complete: ?0", "Upload-Length: 204801"]);
            Assert.Equal((413, "?0"), (answer.Status, answer["Upload-Complete"]));
            Assert.Contains("max-size=204800", answer["Upload-Limit"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(null)]
    public async Task A_length_beyond_the_limit_is_told_the_limit_before_the_sizes_are_compared(int? version)
    {
        var answer =
            await SendAsync("POST /uploads", [1, 2, 3, 4, 5], [.. Version(version), "Upload-Complete: ?1", "Upload-Length: 204801"]);
        Assert.Equal((413, "?0", "too_large"), (answer.Status, answer["Upload-Complete"], answer["X-Error-Code"]));
        Assert.Contains("max-size=204800", answer["Upload-Limit"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, "?0")]
    [InlineData(8, "?1")]
    [InlineData(9, "?1")]
    [InlineData(null, "?1")]
    public async Task A_body_beyond_the_limit_is_told_the_limit_whatever_length_it_contradicts(int? version, string complete)
    {
        var answer = await SendAsync(
            "POST /uploads", new byte[204_801], [.. Version(version), $"Upload-Complete: {complete}", "Upload-Length: 5"]);
        Assert.Equal((413, "too_large"), (answer.Status, answer["X-Error-Code"]));
        Assert.Contains("max-size=204800", answer["Upload-Limit"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT /uploads/large.bin")]
    [InlineData("PUT /api/files/large.bin")]
    public async Task An_ordinary_upload_beyond_the_limit_is_told_the_limit(string line)
    {
        var answer = await SendAsync(line, new byte[204_801]);
        Assert.Equal((413, "too_large"), (answer.Status, answer["X-Error-Code"]));
        Assert.Contains("max-size=204800", answer["Upload-Limit"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tus_upload_beyond_the_limit_is_told_the_limit_before_the_sizes_are_compared()
    {
        var answer = await SendAsync(
            "POST /files", new byte[10], "Tus-Resumable: 1.0.0", "Upload-Length: 204801", "Content-Type: application/offset+octet-stream");
        Assert.Equal((413, "too_large"), (answer.Status, answer["X-Error-Code"]));
        Assert.Contains("max-size=204800", answer["Upload-Limit"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_unknown_length_is_refused_at_the_byte_that_is_too_much_and_ends()
    {
        var path = await BeginAsync();
        foreach (var offset in new[] { 0, MaxAppend - 10 })
            Assert.Equal(204, (await PatchAsync(path, offset, "?0", new byte[MaxAppend - 10])).Status);
        using var wire = await UploadWire.OpenAsync(fixture.Service);
        await wire.HeadAsync(
            $"PATCH {path}", $"Upload-Offset: {2 * (MaxAppend - 10)}", "Upload-Complete: ?1", Partial, "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(new byte[21]);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((413, "?0", "too_large"), (answer.Status, answer["Upload-Complete"], answer["X-Error-Code"]));
        Assert.Equal(404, (await SendAsync($"HEAD {path}", null)).Status);
    }

    [Fact]
    public async Task Small_files_are_ordinary_uploads_and_small_parts_are_refused()
    {
        var small = await UploadWire.SendAsync(
            fixture.Service, "POST /uploads", [1, 2, 3], "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?1");
        Assert.Empty(small.Interim);
        Assert.Equal((201, null), (small.Final.Status, small.Final["Upload-Complete"]));

        var part = await SendAsync("POST /uploads", [], "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?0", "Upload-Length: 3");
        Assert.Equal((400, "too_small", "?0"), (part.Status, part["X-Error-Code"], part["Upload-Complete"]));
        Assert.Contains("min-size=4", part["Upload-Limit"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?0")]
    [InlineData("?1")]
    public async Task A_request_that_brings_too_much_is_refused_before_it_is_read(string complete)
    {
        var path = await BeginAsync();
        var answer = await PatchAsync(path, 0, complete, new byte[MaxAppend + 1]);
        Assert.Equal((413, "?0", 0L), (answer.Status, answer["Upload-Complete"], answer.Offset));
        Assert.Contains("max-append-size=102400", answer["Upload-Limit"], StringComparison.Ordinal);
        Assert.Equal(0, (await SendAsync($"HEAD {path}", null)).Offset);
    }

    [Fact]
    public async Task A_request_that_does_not_say_how_much_it_brings_is_taken_up_to_the_limit()
    {
        var path = await BeginAsync();
        using var wire = await UploadWire.OpenAsync(fixture.Service);
        await wire.HeadAsync($"PATCH {path}", "Upload-Offset: 0", "Upload-Complete: ?1", Partial, "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(new byte[MaxAppend + 1]);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((413, "?0", MaxAppend), (answer.Status, answer["Upload-Complete"], answer.Offset));
        Assert.Equal(201, (await PatchAsync(path, MaxAppend, "?1", [])).Status);
    }

    [Fact]
    public async Task A_creation_that_brings_more_than_one_request_may_is_told_its_address_and_continues()
    {
        using var wire = await UploadWire.OpenAsync(fixture.Service);
        await wire.HeadAsync("POST /uploads", "Upload-Complete: ?1", $"Upload-Length: {MaxAppend + 1}", "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(new byte[MaxAppend + 1]);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((413, "?0", MaxAppend), (answer.Status, answer["Upload-Complete"], answer.Offset));
        Assert.Equal(201, (await PatchAsync(answer.Path, MaxAppend, "?1", [0])).Status);
    }

    [Fact]
    public async Task A_request_of_unknown_length_that_brings_just_the_limit_is_taken()
    {
        var path = await BeginAsync();
        using var wire = await UploadWire.OpenAsync(fixture.Service);
        await wire.HeadAsync($"PATCH {path}", "Upload-Offset: 0", "Upload-Complete: ?1", Partial, "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(new byte[MaxAppend]);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((201, "?1"), (answer.Status, answer["Upload-Complete"]));
    }

    [Theory]
    [InlineData(8, 201)]
    [InlineData(9, 413)]
    public async Task The_limit_of_a_request_binds_the_first_one_from_version_9_on(int version, int status) =>
        Assert.Equal(status, (await SendAsync(
            "POST /uploads", new byte[MaxAppend + 1], $"Upload-Draft-Interop-Version: {version}", "Upload-Complete: ?1")).Status);

    [Fact]
    public async Task A_part_that_brings_too_little_is_refused_unless_it_is_the_last()
    {
        var path = await BeginAsync();
        var answer = await PatchAsync(path, 0, "?0", [1, 2]);
        Assert.Equal((400, "too_small", "?0"), (answer.Status, answer["X-Error-Code"], answer["Upload-Complete"]));
        Assert.Equal(201, (await PatchAsync(path, 0, "?1", [1, 2])).Status);
    }

    [Fact]
    public async Task An_offset_comes_with_the_limits_that_hold_now()
    {
        var limits = (await SendAsync($"HEAD {await BeginAsync()}", null))["Upload-Limit"]!;
        Assert.StartsWith(All[..All.LastIndexOf('=')], limits, StringComparison.Ordinal);
        Assert.InRange(int.Parse(limits[(limits.LastIndexOf('=') + 1)..], System.Globalization.CultureInfo.InvariantCulture), 1, 3600);
    }

    private async Task<WireAnswer> SendAsync(string line, byte[]? body, params string[] headers) =>
        (await UploadWire.SendAsync(fixture.Service, line, body, headers)).Final;

    private Task<WireAnswer> PatchAsync(string path, long offset, string complete, byte[] body) =>
        SendAsync($"PATCH {path}", body, $"Upload-Offset: {offset}", $"Upload-Complete: {complete}", Partial);

    private async Task<string> BeginAsync() => (await SendAsync("POST /uploads", [], "Upload-Complete: ?0")).Path;
}
