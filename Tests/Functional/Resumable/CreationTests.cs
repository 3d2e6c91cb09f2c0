using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>Creation by POST or PUT under /uploads, and the stored headers.</summary>
public sealed class CreationTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    [Theory]
    [InlineData("POST /uploads", "file")]
    [InlineData("PUT /uploads", "file")]
    [InlineData("PUT /uploads/", "file")]
    [InlineData("PUT /uploads/holiday%20%C3%BC.mp4", "holiday ü.mp4")]
    public async Task A_request_that_says_nothing_of_resuming_is_an_ordinary_upload(string line, string name)
    {
        var answer = (await uploads.SendAsync(line, HelloWorld, "Content-Type: video/mp4")).Final;
        Assert.Equal(201, answer.Status);
        var file = JsonDocument.Parse(Utf8(answer.Body)).RootElement;
        Assert.Equal((name, "video/mp4"), (file.GetProperty("name").GetString(), file.GetProperty("contentType").GetString()));
        Assert.Equal(UploadProtocol.Put, (await uploads.UploadAsync(answer.Path)).Protocol);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(answer.Path));
    }

    [Fact]
    public async Task A_broken_ordinary_upload_leaves_nothing()
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync("PUT /uploads/broken.bin", "Content-Length: 11");
        await wire.SendAsync(Hello);
        await wire.BreakOffAsync();
        Assert.DoesNotContain(
            "broken.bin", await uploads.Service.Client.GetStringAsync(new Uri("/api/files", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Description_of_the_file_is_kept()
    {
        var path = (await uploads.SendAsync(
            6, "PUT /uploads", [], "Upload-Complete: ?0", "Content-Type: text/plain; charset=utf-8", "Content-Encoding: gzip",
            "Content-Disposition: inline; filename=\"../a.txt\"; filename*=UTF-8''%C3%BC.txt", "Incremental: ?1")).Final.Path;
        var upload = await uploads.UploadAsync(path);
        Assert.Equal(("ü.txt", "text/plain; charset=utf-8", UploadProtocol.Ietf), (upload.FileName, upload.ContentType, upload.Protocol));
        Assert.Equal(("6", "PUT", "/uploads", "gzip"),
            (upload.ProtocolState["interop"], upload.ProtocolState["method"], upload.ProtocolState["target"],
                upload.ProtocolState["content-encoding"]));

        await uploads.PatchAsync(6, path, 0, complete: true, HelloWorld);
        using var download = await uploads.Service.Client.GetAsync(new Uri($"/api/files/{upload.Id}/content", UriKind.Relative));
        Assert.Equal("gzip", Assert.Single(download.Content.Headers.ContentEncoding));
        Assert.Equal(HelloWorld, await download.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("inline; filename=\"a/../b\"", "a_.._b")]
    [InlineData("inline", "file")]
    [InlineData(";;;", "file")]
    public async Task Names_are_made_safe(string disposition, string name)
    {
        var path = await uploads.BeginAsync(9, null, $"Content-Disposition: {disposition}");
        Assert.Equal(name, (await uploads.UploadAsync(path)).FileName);
    }

    [Theory]
    [InlineData("PUT /uploads/a%2Fb")]
    [InlineData("PUT /uploads/a%FF")]
    public async Task Invalid_names_in_the_address_are_refused(string line)
    {
        var answer = (await uploads.SendAsync(line, Hello, "Upload-Complete: ?1")).Final;
        Assert.Equal((400, "invalid_name", "?0"), (answer.Status, answer["X-Error-Code"], answer["Upload-Complete"]));
    }

    [Fact]
    public async Task An_upload_is_not_put_at_the_address_of_another()
    {
        var path = await uploads.BeginAsync(9);
        foreach (var headers in new[] { Array.Empty<string>(), ["Upload-Complete: ?1"] })
        {
            var refused = (await uploads.SendAsync($"PUT {path}", Hello, headers)).Final;
            Assert.Equal((405, "OPTIONS, HEAD, GET, PATCH, DELETE"), (refused.Status, refused["Allow"]));
        }

        Assert.Equal(0, (await uploads.HeadAsync(9, path)).Offset);
    }

    [Fact]
    public async Task A_name_that_only_looks_like_an_address_is_a_name()
    {
        const string name = "d41d8cd98f00b204e9800998ecf8427e";
        foreach (var headers in new[] { Array.Empty<string>(), ["Upload-Complete: ?1"] })
        {
            var answer = (await uploads.SendAsync($"PUT /uploads/{name}", Hello, headers)).Final;
            Assert.Equal((201, name), (answer.Status, (await uploads.UploadAsync(answer.Path)).FileName));
        }
    }

    [Theory]
    [InlineData("Upload-Draft-Interop-Version: 10", "Upload-Complete: ?0")]
    [InlineData("Upload-Draft-Interop-Version: 2", "Upload-Incomplete: ?1")]
    [InlineData("Upload-Draft-Interop-Version: 6", "Upload-Incomplete: ?1")]
    [InlineData("Upload-Draft-Interop-Version: 3", "Upload-Complete: ?0")]
    [InlineData("X-No-Version: 1", "Upload-Incomplete: ?1")]
    public async Task A_part_is_never_taken_for_a_whole_file(string version, string state)
    {
        var before = await uploads.CountAsync();
        var answer = (await uploads.SendAsync("POST /uploads", Hello, version, state)).Final;
        Assert.Equal((400, "invalid_header"), (answer.Status, answer["X-Error-Code"]));
        Assert.Contains(version.EndsWith(" 3", StringComparison.Ordinal) ? "\r\nUpload-Incomplete: ?1\r\n" : "\r\nUpload-Complete: ?0\r\n",
            answer.Head, StringComparison.Ordinal);
        Assert.Equal(before, await uploads.CountAsync());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("1000000000000000")]
    public async Task An_append_with_an_invalid_length_is_refused(string length)
    {
        var created = (await uploads.SendAsync("POST /uploads", [], "Upload-Complete: ?0")).Final;
        var answer = (await uploads.SendAsync(
            $"PATCH {created.Path}", Hello, "Upload-Offset: 0", "Upload-Complete: ?0", "Content-Type: application/partial-upload",
            $"Upload-Length: {length}")).Final;
        Assert.Equal((400, "invalid_header"), (answer.Status, answer["X-Error-Code"]));
        Assert.Equal(0, (await uploads.SendAsync($"HEAD {created.Path}", null)).Final.Offset);
    }

    [Fact]
    public async Task HEAD_at_the_location_of_a_file_sent_in_one_request_answers_like_an_upload()
    {
        var created =
            (await uploads.SendAsync("POST /uploads", HelloWorld, "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?1")).Final;
        using var asked =
            await uploads.Service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(created.Path, UriKind.Relative)));
        Assert.Equal(System.Net.HttpStatusCode.OK, asked.StatusCode);
        Assert.Equal(
            ("11", "?1"), (asked.Headers.GetValues("Upload-Offset").Single(), asked.Headers.GetValues("Upload-Complete").Single()));
    }

    [Theory]
    [InlineData("invalid_header", "Upload-Complete: ?0\r\nUpload-Complete: ?0\r\nUpload-Length: 100")]
    [InlineData("invalid_header", "Upload-Complete: 0\r\nUpload-Length: 100")]
    [InlineData("invalid_header", "Upload-Complete: ?1, ?1")]
    [InlineData("invalid_header", "Upload-Incomplete: yes")]
    [InlineData("invalid_header", "Upload-Draft-Interop-Version: 6\r\nUpload-Complete: ?1\r\nUpload-Incomplete: yes")]
    [InlineData("invalid_header", "Upload-Length: 100\r\nUpload-Length: 100")]
    [InlineData("invalid_header", "Upload-Length: -1")]
    [InlineData("invalid_header", "Upload-Complete: ?1\r\nUpload-Length: -1")]
    [InlineData("invalid_header", "Upload-Complete: ?1\r\nUpload-Length: 1.0")]
    [InlineData("invalid_header", "Upload-Complete: ?1\r\nUpload-Length: 1000000000000000")]
    [InlineData("invalid_header", "Upload-Draft-Interop-Version: 9\r\nUpload-Complete: ?0\r\nUpload-Length: 1000000000000000")]
    [InlineData("size_mismatch", "Upload-Length: 100")]
    [InlineData("size_mismatch", "Upload-Length: 5")]
    [InlineData("size_mismatch", "Upload-Draft-Interop-Version: 10\r\nUpload-Complete: ?1\r\nUpload-Length: 100")]
    [InlineData("size_mismatch", "Upload-Draft-Interop-Version: 5\r\nUpload-Complete: ?1\r\nUpload-Length: 100")]
    public async Task Possible_part_is_never_taken_for_a_whole_file(string code, string fields)
    {
        var before = await uploads.CountAsync();
        var answer = (await uploads.SendAsync("POST /uploads", HelloWorld, fields.Split("\r\n"))).Final;
        Assert.Equal((400, code), (answer.Status, answer["X-Error-Code"]));
        Assert.Equal(before, await uploads.CountAsync());
    }

    [Theory]
    [InlineData(11, 201, null)]
    [InlineData(100, 400, "size_mismatch")]
    [InlineData(5, 400, "beyond_size")]
    [InlineData(0, 400, "beyond_size")]
    public async Task A_length_that_is_said_of_an_ordinary_upload_is_counted(int length, int status, string? code)
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync($"PUT /uploads/counted-{length}.bin", $"Upload-Length: {length}", "Transfer-Encoding: chunked");
        await wire.SendChunkAsync(HelloWorld);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((status, code), (answer.Status, answer["X-Error-Code"]));
        var files = await uploads.Service.Client.GetStringAsync(new Uri("/api/files", UriKind.Relative));
        Assert.Equal(status == 201, files.Contains($"\"counted-{length}.bin\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3, 400)]
    [InlineData(4, 400)]
    [InlineData(5, 400)]
    [InlineData(6, 400)]
    [InlineData(7, 201)]
    [InlineData(9, 201)]
    public async Task Whether_a_creation_may_name_an_offset(int version, int status) =>
        Assert.Equal(status,
            (await uploads.SendAsync(version, "POST /uploads", [], State(version, complete: false), "Upload-Offset: 0")).Final.Status);

    [Theory]
    [InlineData("Tus-Resumable: 1.0.0")]
    [InlineData("Upload-Metadata: filename aGk=")]
    [InlineData("Upload-Defer-Length: 1")]
    [InlineData("Upload-Concat: partial")]
    [InlineData("Upload-Checksum: sha1 AAAA")]
    public async Task A_tus_request_is_pointed_to_the_address_of_tus(string field)
    {
        foreach (var line in new[] { "POST /uploads", "HEAD /uploads/0123456789abcdef0123456789abcdef",
            "PATCH /uploads/0123456789abcdef0123456789abcdef" })
        {
            var answer = (await uploads.SendAsync(line, line[0] == 'H' ? null : [], field)).Final;
            Assert.Equal(400, answer.Status);
            Assert.True(line[0] == 'H' || answer.Body.Contains("/files", StringComparison.Ordinal), answer.Body);
        }
    }

    [Theory]
    [InlineData("POST /uploads", null, "holiday film.mp4", "video/mp4")]
    [InlineData("PUT /uploads/other.bin", "text/plain", "other.bin", "text/plain")]
    public async Task A_client_that_names_the_draft_may_describe_the_file_as_in_tus(
        string line, string? type, string name, string takenType)
    {
        string[] headers =
        [
            "Upload-Draft-Interop-Version: 5", "Upload-Complete: ?1",
                "Upload-Metadata: filename aG9saWRheSBmaWxtLm1wNA==,filetype dmlkZW8vbXA0",
            .. type is null ? Array.Empty<string>() : [$"Content-Type: {type}"],
        ];
        var answer = (await uploads.SendAsync(line, Hello, headers)).Final;
        Assert.Equal(201, answer.Status);
        using var file = System.Text.Json.JsonDocument.Parse(answer.Body);
        Assert.Equal(
            (name, takenType), (file.RootElement.GetProperty("name").GetString(), file.RootElement.GetProperty("contentType").GetString()));
        Assert.Equal("holiday film.mp4", file.RootElement.GetProperty("metadata").GetProperty("filename").GetString());
    }

    [Fact]
    public async Task A_description_that_cannot_be_read_begins_no_upload()
    {
        var answer = (await uploads.SendAsync(
            "POST /uploads", Hello, "Upload-Draft-Interop-Version: 6", "Upload-Complete: ?1", "Upload-Metadata: filename ?")).Final;
        Assert.Equal((400, "invalid_header"), (answer.Status, answer["X-Error-Code"]));
        Assert.Null(answer["Location"]);
    }

    [Fact]
    public async Task An_upload_of_another_protocol_is_not_found_here()
    {
        var tus = await new TusClient(uploads.Service.Client).NewAsync(5);
        var path = tus.Replace("/files/", "/uploads/", StringComparison.Ordinal);
        Assert.Equal(404, (await uploads.HeadAsync(9, path)).Status);
        Assert.Equal(404, (await uploads.PatchAsync(9, path, 0, complete: true, Hello)).Final.Status);
        Assert.Equal(404, (await uploads.SendAsync(9, $"DELETE {path}", null)).Final.Status);
    }

    [Theory]
    [InlineData("/uploads/0123456789abcdef0123456789abcdef")]
    [InlineData("/uploads/none")]
    public async Task Unknown_id_is_not_found(string path)
    {
        foreach (var version in new int?[] { 3, 6, 9, null })
        {
            Assert.Equal(404, (await uploads.HeadAsync(version, path)).Status);
            Assert.Equal(404, (await uploads.PatchAsync(version, path, 0, complete: true, Hello)).Final.Status);
            Assert.Equal(404, (await uploads.SendAsync(version, $"DELETE {path}", null)).Final.Status);
        }
    }

    [Fact]
    public async Task A_body_longer_than_the_announced_length_is_refused()
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            "POST /uploads", "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?1", "Upload-Length: 5", "Transfer-Encoding: chunked");
        var path = (await wire.NextAsync()).Path;
        await wire.SendChunkAsync(HelloWorld);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((400, "?0"), (answer.Status, answer["Upload-Complete"]));
        Assert.Equal(404, (await uploads.HeadAsync(9, path)).Status);
    }

    [Fact]
    public async Task An_upload_without_a_known_address_does_not_stay()
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync("POST /uploads", "Upload-Complete: ?1", "Content-Length: 11", "Content-Disposition: inline; filename=unknown");
        await wire.SendAsync(Hello);
        await ListedAsync("open");
        await wire.BreakOffAsync();
        // The deadline only ends a test that would hang.
        await ListedAsync("cancelled").WaitAsync(Eventually.Limit);

        async Task ListedAsync(string state)
        {
            var list = new Uri($"/api/sessions?state={state}", UriKind.Relative);
            while (!(await uploads.Service.Client.GetStringAsync(list)).Contains("\"unknown\"", StringComparison.Ordinal))
                await Task.Yield();
        }
    }

    [Theory]
    [InlineData(9)]
    [InlineData(null)]
    public async Task An_upload_that_has_ended_is_told_neither_address_nor_offset(int? version)
    {
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            "POST /uploads",
                [.. Version(version), "Upload-Complete: ?1", $"Upload-Length: {Checkpoint + 10}", "Transfer-Encoding: chunked"]);
        await wire.SendChunkAsync(new byte[Checkpoint]);
        await wire.SendChunkAsync(new byte[100]);
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((400, "?0", null, null), (answer.Status, answer["Upload-Complete"], answer.Offset, answer["Location"]));
        Assert.DoesNotContain("kept", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_a_finished_upload_deletes_its_file()
    {
        var path = await uploads.BeginAsync(9);
        await uploads.PatchAsync(9, path, 0, complete: true, Hello);
        Assert.Equal(204, (await uploads.SendAsync(9, $"DELETE {path}", null)).Final.Status);
        Assert.Equal(404, (await uploads.HeadAsync(9, path)).Status);
        Assert.Equal(UploadState.Deleted, (await uploads.UploadAsync(path)).State);
    }

    private static string Utf8(string latin1) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin1));
}
