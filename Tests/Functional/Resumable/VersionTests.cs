using System.Text.Json;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>The differences between the interop versions, for each of them.</summary>
public sealed class VersionTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    public static TheoryData<int> Drafts => [3, 4, 5, 6, 7, 8, 9];

    [Theory]
    [InlineData(3, 201, null)]
    [InlineData(4, 201, null)]
    [InlineData(5, 201, null)]
    [InlineData(6, 201, null)]
    [InlineData(7, 204, "?1")]
    [InlineData(8, 204, "?1")]
    [InlineData(9, 204, "?1")]
    public async Task Careful_creation_and_two_parts_make_the_file(int version, int partStatus, string? said)
    {
        var field = version == 3 ? "Upload-Incomplete" : "Upload-Complete";
        var more = version == 3 ? "?1" : "?0";
        var created = (await uploads.SendAsync(version, "POST /uploads", [], State(version, complete: false))).Final;
        Assert.Equal(
            (201, more, 0L, $"{version}"), (created.Status, created[field], created.Offset, created["Upload-Draft-Interop-Version"]));
        Assert.Contains(version == 6 ? "expires=" : "max-age=", created["Upload-Limit"], StringComparison.Ordinal);

        var first = (await uploads.PatchAsync(version, created.Path, 0, complete: false, Hello)).Final;
        Assert.Equal((partStatus, more, 5L), (first.Status, first[field], first.Offset));
        Assert.Null(first["Location"]);
        var half = await uploads.HeadAsync(version, created.Path);
        Assert.Equal((204, more, 5L), (half.Status, half[field], half.Offset));
        var last = (await uploads.PatchAsync(version, created.Path, 5, complete: true, World)).Final;
        Assert.Equal((201, said, 11L), (last.Status, last[field], last.Offset));
        var whole = await uploads.HeadAsync(version, created.Path);
        Assert.Equal((204, version == 3 ? "?0" : "?1", 11L), (whole.Status, whole[field], whole.Offset));
        Assert.Equal(version < 6 ? null : "11", whole["Upload-Length"]);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(created.Path));
        Assert.Equal($"{version}", (await uploads.UploadAsync(created.Path)).ProtocolState["interop"]);
    }

    [Theory]
    [MemberData(nameof(Drafts))]
    public async Task A_whole_file_in_one_request(int version)
    {
        var answer = await uploads.SendAsync(version, "POST /uploads", HelloWorld, State(version, complete: true));
        var interim = Assert.Single(answer.Resumption);
        Assert.Equal($"{version}", interim["Upload-Draft-Interop-Version"]);
        Assert.Equal((201, 11L), (answer.Final.Status, answer.Final.Offset));
        Assert.Equal(version < 7 ? null : "?1", answer.Final["Upload-Complete"]);
        Assert.Null(answer.Final["Upload-Incomplete"]);
        var told = interim["Location"]!;
        Assert.Equal(version < 8 ? told : told.Replace("/uploads/", "/api/files/", StringComparison.Ordinal), answer.Final["Location"]);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(answer.Final.Path));
    }

    [Theory]
    [MemberData(nameof(Drafts))]
    public async Task A_first_part_is_told_one_address(int version)
    {
        var answer = await uploads.SendAsync(version, "POST /uploads", Hello, State(version, complete: false));
        Assert.Equal((201, 5L), (answer.Final.Status, answer.Final.Offset));
        Assert.Equal(answer.Resumption.First()["Location"], answer.Final["Location"]);
    }

    [Theory]
    [MemberData(nameof(Drafts))]
    public async Task An_empty_file_is_complete_at_once(int version)
    {
        var answer = await uploads.SendAsync(version, "POST /uploads", [], State(version, complete: true));
        Assert.Equal((201, 0L), (answer.Final.Status, answer.Final.Offset));
        Assert.Equal(UploadState.Completed, (await uploads.UploadAsync(answer.Final.Path)).State);
        Assert.Empty(await uploads.ContentAsync(answer.Final.Path));
    }

    [Theory]
    [InlineData(3, 201, true)]
    [InlineData(4, 201, false)]
    [InlineData(5, 201, false)]
    [InlineData(6, 201, false)]
    [InlineData(7, 400, false)]
    [InlineData(8, 400, false)]
    [InlineData(9, 400, false)]
    public async Task Append_without_completeness_does_not_end_the_upload(int version, int status, bool completes)
    {
        var path = await uploads.BeginAsync(version);
        var answer = (await uploads.SendAsync(version, $"PATCH {path}", Hello, "Upload-Offset: 0", Partial)).Final;
        Assert.Equal(status, answer.Status);
        var upload = await uploads.UploadAsync(path);
        Assert.Equal((completes ? UploadState.Completed : UploadState.Open, status == 201 ? 5 : 0), (upload.State, upload.ReceivedBytes));
    }

    [Theory]
    [InlineData(3, 201)]
    [InlineData(5, 201)]
    [InlineData(6, 415)]
    [InlineData(7, 415)]
    [InlineData(8, 415)]
    [InlineData(9, 415)]
    [InlineData(null, 415)]
    public async Task The_media_type_of_a_part_is_asked_for_from_version_6_on(int? version, int status)
    {
        var path = await uploads.BeginAsync(version);
        foreach (var type in new[] { "Content-Type: video/mp4", "X-No-Type: 1", "Content-Type: application/partial-uploads" })
        {
            var answer =
                (await uploads.SendAsync(version, $"PATCH {path}", [], "Upload-Offset: 0", State(version, complete: false), type)).Final;
            Assert.Equal(status, answer.Status);
            Assert.Equal(version == 3 ? "?1" : "?0", answer[version == 3 ? "Upload-Incomplete" : "Upload-Complete"]);
        }

        Assert.Equal(0, (await uploads.HeadAsync(version, path)).Offset);
    }

    [Theory]
    [InlineData(3, "Upload-Incomplete: ?1", 400)]
    [InlineData(3, "Upload-Offset: 0", 400)]
    [InlineData(4, "Upload-Complete: ?0", 400)]
    [InlineData(5, "Upload-Complete: ?0", 400)]
    [InlineData(5, "Upload-Length: 5", 204)]
    [InlineData(6, "Upload-Complete: ?0", 400)]
    [InlineData(6, "Upload-Length: 5", 400)]
    [InlineData(6, "Upload-Offset: 0", 400)]
    [InlineData(7, "Upload-Complete: ?0", 204)]
    [InlineData(8, "Upload-Offset: 0", 204)]
    [InlineData(9, "Upload-Complete: ?0", 204)]
    [InlineData(null, "Upload-Complete: ?0", 400)]
    [InlineData(null, "Upload-Offset: 0", 400)]
    public async Task Whether_a_request_for_the_offset_may_carry_upload_fields(int? version, string field, int status)
    {
        var path = await uploads.BeginAsync(version);
        Assert.Equal(status, (await uploads.SendAsync(version, $"HEAD {path}", null, field)).Final.Status);
        Assert.Equal(status, (await uploads.SendAsync(version, $"GET {path}", null, field)).Final.Status);
    }

    [Theory]
    [InlineData(3, "Upload-Incomplete: ?1", 400)]
    [InlineData(4, "Upload-Complete: ?0", 400)]
    [InlineData(5, "Upload-Offset: 0", 400)]
    [InlineData(6, "Upload-Complete: ?0", 400)]
    [InlineData(7, "Upload-Complete: ?0", 204)]
    [InlineData(8, "Upload-Offset: 0", 204)]
    [InlineData(9, "Upload-Complete: ?0", 204)]
    public async Task Whether_a_DELETE_may_carry_upload_fields(int version, string field, int status)
    {
        var path = await uploads.BeginAsync(version);
        Assert.Equal(status, (await uploads.SendAsync(version, $"DELETE {path}", null, field)).Final.Status);
        Assert.Equal(status == 400 ? UploadState.Open : UploadState.Cancelled, (await uploads.UploadAsync(path)).State);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(null)]
    public async Task A_cancelled_upload_is_gone_for_every_method(int? version)
    {
        var path = await uploads.BeginAsync(version);
        var deleted = (await uploads.SendAsync(version, $"DELETE {path}", null)).Final;
        Assert.Equal(204, deleted.Status);
        Assert.Equal(404, (await uploads.HeadAsync(version, path)).Status);
        Assert.Equal(404, (await uploads.SendAsync(version, $"GET {path}", null)).Final.Status);
        Assert.Equal(404, (await uploads.PatchAsync(version, path, 0, complete: true, Hello)).Final.Status);
        Assert.Equal(404, (await uploads.SendAsync(version, $"DELETE {path}", null)).Final.Status);
    }

    [Theory]
    [InlineData(3, 5, 400, "urn:chunkupload:error:already_completed")]
    [InlineData(5, 0, 400, "urn:chunkupload:error:already_completed")]
    [InlineData(6, 0, 400, "https://iana.org/assignments/http-problem-types#completed-upload")]
    [InlineData(6, 5, 400, "https://iana.org/assignments/http-problem-types#completed-upload")]
    [InlineData(7, 0, 400, "https://iana.org/assignments/http-problem-types#completed-upload")]
    [InlineData(8, 0, 400, "https://iana.org/assignments/http-problem-types#completed-upload")]
    [InlineData(8, 5, 400, "https://iana.org/assignments/http-problem-types#inconsistent-upload-length")]
    [InlineData(9, 5, 400, "urn:chunkupload:error:already_completed")]
    [InlineData(null, 5, 400, "urn:chunkupload:error:already_completed")]
    public async Task Bytes_for_a_finished_upload_are_refused_and_change_nothing(int? version, int length, int status, string type)
    {
        var path = await uploads.BeginAsync(version);
        await uploads.PatchAsync(version, path, 0, complete: true, HelloWorld);
        var answer = (await uploads.PatchAsync(version, path, 11, complete: true, HelloWorld[..length])).Final;
        Assert.Equal(status, answer.Status);
        Assert.Equal(type, JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString());
        Assert.Equal(version == 3 ? "?1" : "?0", answer[version == 3 ? "Upload-Incomplete" : "Upload-Complete"]);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(null)]
    public async Task A_last_request_whose_answer_was_lost_is_answered_again(int? version)
    {
        var path = await uploads.BeginAsync(version);
        var first = (await uploads.PatchAsync(version, path, 0, complete: true, HelloWorld)).Final;
        var again = (await uploads.PatchAsync(version, path, 11, complete: true, [])).Final;
        Assert.Equal((first.Status, first["Upload-Complete"], first["Location"], first.Body),
            (again.Status, again["Upload-Complete"], again["Location"], again.Body));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(null)]
    public async Task A_repeat_that_brings_a_byte_in_chunks_is_refused_and_changes_nothing(int? version)
    {
        var path = await uploads.BeginAsync(version);
        await uploads.PatchAsync(version, path, 0, complete: true, HelloWorld);
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            $"PATCH {path}", [.. Version(version), "Upload-Offset: 11", "Upload-Complete: ?1", Partial, "Transfer-Encoding: chunked"]);
        await wire.SendChunkAsync(Hello);
        await wire.EndChunksAsync();
        Assert.Equal(400, (await wire.AnswerAsync()).Final.Status);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(path));
    }

    [Theory]
    [InlineData(6, 204)]
    [InlineData(7, 204)]
    [InlineData(8, 404)]
    [InlineData(9, 404)]
    [InlineData(null, 404)]
    public async Task More_bytes_than_the_length_are_refused_and_end_the_upload_from_version_8_on(int? version, int then)
    {
        foreach (var chunked in new[] { false, true })
        {
            var path = await uploads.BeginAsync(version, 5);
            using var wire = await UploadWire.OpenAsync(uploads.Service);
            await wire.HeadAsync(
                $"PATCH {path}", [.. Version(version), "Upload-Offset: 0", "Upload-Complete: ?0", Partial, chunked
                    ? "Transfer-Encoding: chunked"
                    : "Content-Length: 11"]);
            if (chunked)
                await wire.SendChunkAsync(HelloWorld);
            else
                await wire.SendAsync(HelloWorld);
            if (chunked)
                await wire.EndChunksAsync();
            var answer = (await wire.AnswerAsync()).Final;
            Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
            Assert.EndsWith("#inconsistent-upload-length", JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString(),
                StringComparison.Ordinal);
            Assert.Equal(then, (await uploads.HeadAsync(version, path)).Status);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(null)]
    public async Task An_end_before_the_length_completes_nothing(int? version)
    {
        var path = await uploads.BeginAsync(version, 11);
        var announced = (await uploads.PatchAsync(version, path, 0, complete: true, Hello)).Final;
        Assert.Equal((400, "?0", 0L), (announced.Status, announced["Upload-Complete"], announced.Offset));
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync(
                $"PATCH {path}", [.. Version(version), "Upload-Offset: 0", "Upload-Complete: ?1", Partial, "Transfer-Encoding: chunked"]);
            await wire.SendChunkAsync(Hello);
            await wire.EndChunksAsync();
            var counted = (await wire.AnswerAsync()).Final;
            Assert.Equal((400, "?0", 5L), (counted.Status, counted["Upload-Complete"], counted.Offset));
        }

        Assert.Equal(5, (await uploads.HeadAsync(version, path)).Offset);
        Assert.Equal(201, (await uploads.PatchAsync(version, path, 5, complete: true, World)).Final.Status);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(null)]
    public async Task A_length_that_contradicts_what_was_said_before_is_refused(int? version)
    {
        var path = await uploads.BeginAsync(version, 11);
        var answer = (await uploads.PatchAsync(version, path, 0, complete: false, Hello, "Upload-Length: 12")).Final;
        Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
        Assert.EndsWith("#inconsistent-upload-length", JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(0, (await uploads.HeadAsync(version, path)).Offset);
    }

    [Fact]
    public async Task A_request_without_a_version_on_an_older_upload_is_taken_in_its_version()
    {
        var path = await uploads.BeginAsync(3);
        var asked = (await uploads.SendAsync($"HEAD {path}", null)).Final;
        Assert.Equal((204, "?1"), (asked.Status, asked["Upload-Incomplete"]));
        Assert.Null(asked["Upload-Draft-Interop-Version"]);
        // Neither version nor state: in version 3 that is the last append.
        Assert.Equal(201, (await uploads.SendAsync($"PATCH {path}", Hello, "Upload-Offset: 0")).Final.Status);
        Assert.Equal(UploadState.Completed, (await uploads.UploadAsync(path)).State);
    }

    [Fact]
    public async Task A_part_in_a_version_that_is_not_spoken_is_refused()
    {
        var path = await uploads.BeginAsync(9);
        var answer = (await uploads.SendAsync(
            $"PATCH {path}", Hello, "Upload-Draft-Interop-Version: 10", "Upload-Offset: 0", "Upload-Complete: ?1", Partial)).Final;
        Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
        Assert.Equal(0, (await uploads.HeadAsync(9, path)).Offset);
    }

    [Theory]
    [InlineData("Upload-Offset: -1")]
    [InlineData("Upload-Offset: 0.0")]
    [InlineData("Upload-Offset: \"0\"")]
    [InlineData("Upload-Offset: 0, 0")]
    [InlineData("Upload-Offset: 1000000000000000")]
    [InlineData("Upload-Offset: zero")]
    [InlineData("X-Nothing: 1")]
    public async Task An_invalid_offset_counts_as_missing(string field)
    {
        foreach (var version in new int?[] { 3, 5, 9, null })
        {
            var path = await uploads.BeginAsync(version);
            var answer = (await uploads.SendAsync(version, $"PATCH {path}", Hello, field, State(version, complete: true), Partial)).Final;
            Assert.Equal(400, answer.Status);
            Assert.Equal(version < 7 ? 0 : null, answer.Offset);
            Assert.Equal(0, (await uploads.HeadAsync(version, path)).Offset);
        }
    }

    [Theory]
    [InlineData("Upload-Complete: 1")]
    [InlineData("Upload-Complete: true")]
    [InlineData("Upload-Complete: \"?1\"")]
    [InlineData("Upload-Complete: ?1\r\nUpload-Complete: ?1")]
    public async Task An_invalid_state_counts_as_missing(string field)
    {
        var path = await uploads.BeginAsync(9);
        Assert.Equal(400, (await uploads.SendAsync(9, $"PATCH {path}", Hello, "Upload-Offset: 0", Partial, field)).Final.Status);
        Assert.Equal(UploadState.Open, (await uploads.UploadAsync(path)).State);
    }

    [Fact]
    public async Task Parameters_of_items_are_passed_over()
    {
        var path = await uploads.BeginAsync(9);
        var answer = (await uploads.SendAsync(9, $"PATCH {path}", Hello, "Upload-Offset: 0;a=1", "Upload-Complete: ?1;b", Partial)).Final;
        Assert.Equal((201, "?1"), (answer.Status, answer["Upload-Complete"]));
    }
}
