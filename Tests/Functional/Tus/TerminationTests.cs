using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T133-T138, T182: ending uploads, and downloading finished ones.</summary>
[Collection(TusCollection.Name)]
public sealed class TerminationTests(TusFixture fixture)
{
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ends_an_upload_finished_or_not_for_every_request_after_it(bool finished)
    {
        var path = finished ? await _client.UploadAsync(TusClient.Bytes(10)) : await _client.NewAsync(10);
        var answer = await _client.DeleteAsync(path);
        Assert.Equal((204, ""), (answer.Status, answer.Body));
        Assert.Equal(410, (await _client.HeadAsync(path)).Status);
        Assert.Equal(410, (await _client.PatchAsync(path, 0, [1])).Status);
        Assert.Equal(410, (await _client.DeleteAsync(path)).Status);
        Assert.Equal(410, (await _client.SendAsync(HttpMethod.Get, path, null)).Status);
        Assert.Equal(finished ? UploadState.Deleted : UploadState.Cancelled, (await _tus.UploadAsync(path)).State);
        Assert.Empty(await _tus.Ledger.ExtentsAsync(TusService.IdOf(path), 0, 10, default));
    }

    [Fact]
    public async Task Returns_404_for_an_unknown_upload() =>
        Assert.Equal(404, (await _client.DeleteAsync("/files/00000000000000000000000000000000")).Status);

    [Fact]
    public async Task A_running_patch_is_stopped_and_brings_nothing_back()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(5);
        await raw.PatchHeadAsync(path, 0, 10);
        await raw.SendAsync("12345");
        await written;
        Assert.Equal(204, (await _client.DeleteAsync(path)).Status);
        // It has released the stream before the answer, instead of being refused at its next checkpoint.
        var writing = new List<UploadId>();
        _tus.Service.Services.GetRequiredService<WriterClaims>().AddWriting(writing);
        Assert.DoesNotContain(TusService.IdOf(path), writing);
        Assert.Equal(410, (await raw.AnswerAsync()).Status);
        Assert.Equal(410, (await _client.HeadAsync(path)).Status);
        var upload = await _tus.UploadAsync(path);
        Assert.Equal((UploadState.Cancelled, 0L), (upload.State, upload.ReceivedBytes));
    }

    [Fact]
    public async Task A_writer_that_flushes_late_records_nothing()
    {
        await using var tus = await fixture.StartAsync(("Uploads:TakeoverWait", "100ms"));
        var path = await tus.Client.NewAsync(10);
        var gate = tus.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var patch = tus.Client.PatchAsync(path, 0, new byte[10]);
        await gate.Reached;
        Assert.Equal(204, (await tus.Client.DeleteAsync(path)).Status);
        gate.Open();
        Assert.Equal(410, (await patch).Status);
        Assert.Equal(410, (await tus.Client.HeadAsync(path)).Status);
        Assert.Empty(await tus.Ledger.ExtentsAsync(TusService.IdOf(path), 0, 10, default));
    }

    [Fact]
    public async Task A_patch_that_begins_during_the_end_comes_too_late()
    {
        var path = await _client.NewAsync(10);
        var gate = _tus.Hooks.HoldAfter(nameof(IUploadLedger.EndAsync));
        var delete = _client.DeleteAsync(path);
        await gate.Reached;
        Assert.Equal(410, (await _client.PatchAsync(path, 0, [1])).Status);
        gate.Open();
        Assert.Equal(204, (await delete).Status);
    }

    [Fact]
    public async Task Finished_uploads_can_be_kept_from_clients()
    {
        await using var tus = await fixture.StartAsync(("Uploads:DeleteFinished", "false"));
        var bytes = TusClient.Bytes(10);
        var path = await tus.Client.UploadAsync(bytes);
        Assert.Equal(403, (await tus.Client.DeleteAsync(path)).Status);
        Assert.Equal(bytes, await tus.Client.DownloadAsync(path));
        Assert.Equal(204, (await tus.Client.DeleteAsync(await tus.Client.NewAsync(10))).Status);
    }

    // Download

    [Fact]
    public async Task Downloads_a_finished_upload_with_ranges_and_as_an_attachment()
    {
        var bytes = TusClient.Bytes(1000);
        var path = await _client.UploadAsync(bytes, ("Upload-Metadata", "filename YS50eHQ="));
        var whole = await _client.SendAsync(HttpMethod.Get, path, null);
        Assert.Equal(("attachment; filename=\"a.txt\"", "bytes", "no-store"),
            (whole["Content-Disposition"], whole["Accept-Ranges"], whole["Cache-Control"]));
        var etag = whole["ETag"]!;
        var part = await _client.SendAsync(HttpMethod.Get, path, null, ("Range", "bytes=100-199"), ("If-Range", etag));
        Assert.Equal((206, "bytes 100-199/1000", "100"), (part.Status, part["Content-Range"], part["Content-Length"]));
        Assert.Equal(304, (await _client.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", etag))).Status);
        Assert.Equal(416, (await _client.SendAsync(HttpMethod.Get, path, null, ("Range", "bytes=1000-"))).Status);
    }

    [Fact]
    public async Task Download_of_an_unfinished_upload_is_refused_and_stops_no_writer()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(5);
        await raw.PatchHeadAsync(path, 0, 10);
        await raw.SendAsync("12345");
        await written;
        Assert.Equal(409, (await _client.SendAsync(HttpMethod.Get, path, null)).Status);
        await raw.SendAsync("67890");
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task A_finished_upload_is_a_file_like_any_other()
    {
        var bytes = TusClient.Bytes(100);
        var path = await _client.UploadAsync(bytes, ("Upload-Metadata", "filename dHVzLWZpbGUtbGlrZS1hbnktb3RoZXI="));
        var id = TusService.IdOf(path);
        Assert.Equal(bytes, await _client.DownloadAsync($"/api/files/{id}/content"));
        Assert.Contains(id.ToString(), (await _client.SendAsync(HttpMethod.Get, "/api/files?name=tus-file-like-any-other", null)).Body,
            StringComparison.Ordinal);
        var sessions = await _client.SendAsync(HttpMethod.Get, "/api/sessions?name=tus-file-like-any-other", null);
        Assert.Contains("\"protocol\":\"tus\"", sessions.Body, StringComparison.Ordinal);
        Assert.Equal(204, (await _client.SendAsync(HttpMethod.Delete, $"/api/files/{id}", null)).Status);
        Assert.Equal(410, (await _client.HeadAsync(path)).Status);
    }
}
