using System.Text.Json;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>The sequences of requests that the draft shows, one by one.</summary>
public sealed class ExampleTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    [Theory]
    [InlineData(9)]
    [InlineData(8)]
    [InlineData(null)]
    public async Task Careful_creation_and_two_parts_make_the_file(int? version)
    {
        var created = (await uploads.SendAsync(version, "POST /uploads", [], "Upload-Complete: ?0", "Upload-Length: 11")).Final;
        Assert.Equal((201, "?0", 0L), (created.Status, created["Upload-Complete"], created.Offset));
        Assert.StartsWith($"http://{uploads.Service.Address.Authority}/uploads/", created["Location"], StringComparison.Ordinal);
        Assert.Contains("max-age=", created["Upload-Limit"], StringComparison.Ordinal);
        var path = created.Path;

        var first = (await uploads.PatchAsync(version, path, 0, complete: false, Hello)).Final;
        Assert.Equal((204, "?0", 5L), (first.Status, first["Upload-Complete"], first.Offset));
        var half = await uploads.HeadAsync(version, path);
        Assert.Equal((204, 5L, "?0", "11"), (half.Status, half.Offset, half["Upload-Complete"], half["Upload-Length"]));
        Assert.Equal("no-store", half["Cache-Control"]);
        var last = (await uploads.PatchAsync(version, path, 5, complete: true, World)).Final;
        Assert.Equal((201, "?1", 11L), (last.Status, last["Upload-Complete"], last.Offset));
        var whole = await uploads.HeadAsync(version, path);
        Assert.Equal((204, 11L, "?1"), (whole.Status, whole.Offset, whole["Upload-Complete"]));
        Assert.Equal(HelloWorld, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Optimistic_creation_tells_the_address_before_the_body_and_the_file_after_it(int version)
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync("POST /uploads", $"Upload-Draft-Interop-Version: {version}", "Upload-Complete: ?1", "Content-Length: 11");
        var interim = await wire.NextAsync();
        Assert.Equal(104, interim.Status);
        var path = interim.Path;
        await wire.SendAsync(HelloWorld);
        var answer = await wire.AnswerAsync();

        Assert.Equal((201, "?1", 11L), (answer.Final.Status, answer.Final["Upload-Complete"], answer.Final.Offset));
        Assert.Equal(path.Replace("/uploads/", "/api/files/", StringComparison.Ordinal), answer.Final.Path);
        Assert.Equal("file", JsonDocument.Parse(answer.Final.Body).RootElement.GetProperty("name").GetString());
        Assert.Equal(HelloWorld, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task A_cut_creation_is_continued_from_the_byte_that_came_last(int version)
    {
        var bytes = Bytes(Checkpoint + 6);
        // After the last checkpoint.
        const int cut = Checkpoint + 3;
        string path;
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync("POST /uploads", $"Upload-Draft-Interop-Version: {version}", State(version, complete: true),
                $"Content-Length: {bytes.Length}");
            path = (await wire.NextAsync()).Path;
            await wire.SendAsync(bytes.AsMemory(0, cut));
            await uploads.DurableAsync(path, Checkpoint);
            await wire.BreakOffAsync();
        }

        var head = await uploads.HeadAsync(version, path);
        Assert.Equal((204, cut), (head.Status, head.Offset));
        Assert.Equal(version == 3 ? "?1" : "?0", head[version == 3 ? "Upload-Incomplete" : "Upload-Complete"]);
        Assert.Equal(201, (await uploads.PatchAsync(version, path, cut, complete: true, bytes[cut..])).Final.Status);
        Assert.Equal(bytes, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(null)]
    public async Task A_wrong_offset_is_answered_with_the_right_one(int? version)
    {
        var path = await uploads.BeginAsync(version);
        await uploads.PatchAsync(version, path, 0, complete: false, Hello);

        foreach (var wrong in new[] { 4, 6 })
        {
            var answer = (await uploads.PatchAsync(version, path, wrong, complete: true, World)).Final;
            Assert.Equal((409, 5L), (answer.Status, answer.Offset));
            Assert.Equal(version == 3 ? "?1" : "?0", answer[version == 3 ? "Upload-Incomplete" : "Upload-Complete"]);
            Assert.Equal("application/problem+json", answer["Content-Type"]);
            var problem = JsonDocument.Parse(answer.Body).RootElement;
            Assert.Equal(
                "https://iana.org/assignments/http-problem-types#mismatching-upload-offset", problem.GetProperty("type").GetString());
            Assert.Equal((5, wrong, 409), (problem.GetProperty("expected-offset").GetInt32(), problem.GetProperty("provided-offset")
                .GetInt32(), problem.GetProperty("status").GetInt32()));
            Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        }

        Assert.Equal(5, (await uploads.HeadAsync(version, path)).Offset);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(null)]
    public async Task Two_different_lengths_are_refused_and_create_nothing(int? version)
    {
        var before = await uploads.CountAsync();
        var answer = (await uploads.SendAsync(version, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Upload-Length: 10")).Final;
        Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
        Assert.Equal(
            "https://iana.org/assignments/http-problem-types#inconsistent-upload-length",
            JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString());
        Assert.Equal(before, await uploads.CountAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Upload-Draft-Interop-Version: 99")]
    [InlineData("Upload-Draft-Interop-Version: 2")]
    [InlineData("Upload-Draft-Interop-Version: 9.0")]
    [InlineData("Upload-Draft-Interop-Version: nine")]
    public async Task Without_a_version_that_is_spoken_there_is_no_interim_response(string? version)
    {
        var answer = await uploads.SendAsync(
            "POST /uploads", HelloWorld, version is null ? ["Upload-Complete: ?1"] : ["Upload-Complete: ?1", version]);
        Assert.Empty(answer.Interim);
        Assert.Equal(201, answer.Final.Status);
        Assert.Null(answer.Final["Upload-Draft-Interop-Version"]);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(answer.Final.Path));
    }

    [Fact]
    public async Task A_client_that_waits_for_100_continue_gets_it_beside_the_interim_response()
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            "POST /uploads", "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?1", "Content-Length: 11", "Expect: 100-continue");
        Assert.Equal(104, (await wire.NextAsync()).Status);
        Assert.Equal(100, (await wire.NextAsync()).Status);
        await wire.SendAsync(HelloWorld);
        Assert.Equal(201, (await wire.AnswerAsync()).Final.Status);
    }

    [Fact]
    public async Task More_bytes_than_the_length_end_the_upload()
    {
        var path = await uploads.BeginAsync(9, 5);
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync($"PATCH {path}", "Upload-Draft-Interop-Version: 9", "Upload-Offset: 0", "Upload-Complete: ?1", Partial,
            "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(HelloWorld);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
        Assert.Equal(404, (await uploads.HeadAsync(9, path)).Status);
        Assert.Equal(404, (await uploads.PatchAsync(9, path, 0, complete: true, Hello)).Final.Status);
        Assert.Equal(404, (await uploads.SendAsync(9, $"DELETE {path}", null)).Final.Status);
    }
}
