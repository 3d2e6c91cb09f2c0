using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>
/// A client that returns while the service still reads its old connection. Gated by the durable offset that the service reports.
/// </summary>
public sealed class TakeoverTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    private static readonly byte[] Content = Bytes(300_000, seed: 7);

    [Theory]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task A_request_for_the_offset_ends_a_hanging_append_and_reports_the_bytes_it_sent(string method)
    {
        var path = await uploads.BeginAsync(9, Content.Length);
        using var hanging = await HangAsync(path);
        var asked = (await uploads.SendAsync(9, $"{method} {path}", null)).Final;
        Assert.Equal((204, Checkpoint), (asked.Status, asked.Offset));
        AssertNoWriter(path);
        Assert.Equal(0, (await hanging.AnswerOrCutAsync()).Status);
        Assert.Equal(201, (await uploads.PatchAsync(9, path, Checkpoint, complete: true, Content[Checkpoint..])).Final.Status);
        Assert.Equal(Content, await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task A_tus_HEAD_stops_no_writer_of_another_protocol()
    {
        var path = await uploads.BeginAsync(9, Content.Length);
        using var running = await HangAsync(path);
        var asked = await uploads.SendAsync(
            $"HEAD {path.Replace("/uploads/", "/files/", StringComparison.Ordinal)}", null, "Tus-Resumable: 1.0.0");
        Assert.Equal((404, null), (asked.Final.Status, asked.Final.Offset));
        await running.SendAsync(Content.AsMemory(Checkpoint));
        Assert.Equal(201, (await running.AnswerOrCutAsync()).Status);
        Assert.Equal(Content, await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task A_newer_append_ends_the_hanging_one()
    {
        var path = await uploads.BeginAsync(8, Content.Length);
        using var hanging = await HangAsync(path);
        // A request that cannot continue there interrupts no writer and gets the right offset.
        var early = (await uploads.PatchAsync(8, path, 0, complete: false, Content[..10])).Final;
        Assert.Equal((409, Checkpoint), (early.Status, early.Offset));
        Assert.Equal(201, (await uploads.PatchAsync(8, path, Checkpoint, complete: true, Content[Checkpoint..])).Final.Status);
        Assert.Equal(0, (await hanging.AnswerOrCutAsync()).Status);
        Assert.Equal(Content, await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task A_hanging_creation_is_cut_too()
    {
        using var hanging = await UploadWire.OpenAsync(uploads.Service);
        await hanging.HeadAsync(
            "POST /uploads", "Upload-Draft-Interop-Version: 8", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
        var path = (await hanging.NextAsync()).Path;
        await hanging.SendAsync(Content.AsMemory(0, Checkpoint));
        await hanging.DurableAsync(Checkpoint);
        Assert.Equal(Checkpoint, (await uploads.HeadAsync(8, path)).Offset);
        AssertNoWriter(path);
        Assert.Equal(0, (await hanging.AnswerOrCutAsync()).Status);
    }

    [Fact]
    public async Task A_cancellation_ends_the_running_append()
    {
        var path = await uploads.BeginAsync(9, Content.Length);
        using var running = await HangAsync(path);
        Assert.Equal(204, (await uploads.SendAsync(9, $"DELETE {path}", null)).Final.Status);
        AssertNoWriter(path);
        Assert.Equal(0, (await running.AnswerOrCutAsync()).Status);
        Assert.Equal(404, (await uploads.HeadAsync(9, path)).Status);
    }

    [Fact]
    public async Task Of_two_parts_at_one_offset_one_counts()
    {
        var path = await uploads.BeginAsync(9, Content.Length);
        var both = await Task.WhenAll(
            uploads.SafePatchAsync(path, 0, Content), uploads.SafePatchAsync(path, 0, Content));
        // The other request is told the offset, or gets no answer because it was interrupted. Not with the last bytes, because a complete
        // file accepts no second request.
        Assert.Single(both, status => status == 204);
        Assert.All(both, status => Assert.Contains(status, new[] { 0, 204, 409 }));
        Assert.Equal(201, (await uploads.PatchAsync(9, path, Content.Length, complete: true, [])).Final.Status);
        Assert.Equal(Content, await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task Head_without_the_key_stops_no_running_append()
    {
        var path = await uploads.BeginAsync(9, Content.Length);
        using var running = await HangAsync(path);
        using var anonymous = uploads.Service.CreateClient(withKey: false);
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(path, UriKind.Relative));
        using var refused = await anonymous.SendAsync(request);
        Assert.Equal(401, (int)refused.StatusCode);
        await running.SendAsync(Content.AsMemory(Checkpoint));
        Assert.Equal(201, (await running.AnswerAsync()).Final.Status);
    }

    [Fact]
    public async Task Body_without_its_end_completes_no_file()
    {
        var path = await uploads.BeginAsync(9);
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync($"PATCH {path}", "Upload-Draft-Interop-Version: 9", "Upload-Offset: 0", "Upload-Complete: ?1", Partial,
                "Transfer-Encoding: chunked");
            await wire.SendChunkAsync(Content.AsMemory(0, Checkpoint));
            await uploads.DurableAsync(path, Checkpoint);
            await wire.BreakOffAsync();
        }

        var now = await uploads.HeadAsync(9, path);
        Assert.Equal((Checkpoint, "?0"), (now.Offset, now["Upload-Complete"]));
        Assert.Equal(UploadState.Open, (await uploads.UploadAsync(path)).State);
        Assert.Equal(201, (await uploads.PatchAsync(9, path, Checkpoint, complete: true, [])).Final.Status);
        Assert.Equal(Content[..Checkpoint], await uploads.ContentAsync(path));
    }

    [Fact]
    public async Task An_upload_continues_after_a_restart_of_the_service()
    {
        await using var service = await TestService.StartAsync(uploads.Postgres, Settings);
        string path;
        using (var wire = await UploadWire.OpenAsync(service))
        {
            await wire.HeadAsync(
                "POST /uploads", "Upload-Draft-Interop-Version: 6", "Upload-Complete: ?1", $"Content-Length: {Content.Length}");
            path = (await wire.NextAsync()).Path;
            await wire.SendAsync(Content.AsMemory(0, Checkpoint));
            await wire.DurableAsync(Checkpoint);
            await wire.BreakOffAsync();
        }

        await using var again = await service.RestartAsync();
        var head = (await UploadWire.SendAsync(again, $"HEAD {path}", null, "Upload-Draft-Interop-Version: 6")).Final;
        Assert.Equal((204, Checkpoint, $"{Content.Length}"), (head.Status, head.Offset, head["Upload-Length"]));
        var last = await UploadWire.SendAsync(again, $"PATCH {path}", Content[Checkpoint..], "Upload-Draft-Interop-Version: 6",
            $"Upload-Offset: {Checkpoint}", "Upload-Complete: ?1", Partial);
        Assert.Equal(201, last.Final.Status);
    }

    /// <summary>The previous writer had released the stream before the answer, and was not refused or timed out later.</summary>
    private void AssertNoWriter(string path)
    {
        var writing = new List<UploadId>();
        uploads.Service.Services.GetRequiredService<WriterClaims>().AddWriting(writing);
        Assert.DoesNotContain(writing, id => path.EndsWith($"{id}", StringComparison.Ordinal));
    }

    /// <summary>An append that has sent a checkpoint's bytes and then falls silent.</summary>
    private async Task<UploadWire> HangAsync(string path)
    {
        var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync($"PATCH {path}", "Upload-Draft-Interop-Version: 9", "Upload-Offset: 0", "Upload-Complete: ?1", Partial,
            $"Content-Length: {Content.Length}");
        await wire.SendAsync(Content.AsMemory(0, Checkpoint));
        await wire.DurableAsync(Checkpoint);
        return wire;
    }
}
