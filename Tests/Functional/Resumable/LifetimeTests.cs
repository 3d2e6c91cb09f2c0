using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>Rules R16, R25, R71, R97: how long an upload lives, when it is complete, and which of its data outlives it.</summary>
public sealed class LifetimeTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    [Theory]
    [InlineData(3, "Upload-Incomplete", "?1")]
    [InlineData(6, "Upload-Complete", "?0")]
    [InlineData(9, "Upload-Complete", "?0")]
    public async Task Upload_with_all_bytes_stays_open_until_it_is_completed(int version, string state, string open)
    {
        var created =
            (await uploads.SendAsync(version, "POST /uploads", HelloWorld, State(version, complete: false), "Upload-Length: 11")).Final;
        var head = await uploads.HeadAsync(version, created.Path);
        Assert.Equal((204, 11L, open), (head.Status, head.Offset, head[state]));
        Assert.Equal(201, (await uploads.PatchAsync(version, created.Path, 11, complete: true, [])).Final.Status);
        Assert.NotEqual(open, (await uploads.HeadAsync(version, created.Path))[state]);
        Assert.Equal(HelloWorld, await uploads.ContentAsync(created.Path));
    }

    [Fact]
    public async Task The_age_that_is_left_counts_down_and_a_byte_brings_it_back()
    {
        await using var service = await TestService.StartAsync(uploads.Postgres, Settings);
        var path = (await UploadWire.SendAsync(service, "POST /uploads", Hello, "Upload-Complete: ?0")).Final.Path;
        Assert.Equal(86_400, await AgeAsync(service, path), tolerance: 300);
        await service.Services.AgeAsync(TimeSpan.FromHours(1));
        Assert.Equal(82_800, await AgeAsync(service, path), tolerance: 300);
        await UploadWire.SendAsync(service, $"PATCH {path}", World, "Upload-Offset: 5", "Upload-Complete: ?0", Partial);
        Assert.Equal(86_400, await AgeAsync(service, path), tolerance: 300);
    }

    [Fact]
    public async Task An_upload_whose_bytes_are_missing_is_not_there_and_can_be_cancelled()
    {
        var path = await uploads.BeginAsync(9);
        await uploads.PatchAsync(9, path, 0, complete: false, Hello);
        await uploads.Service.Services.GetRequiredService<IContentLedger>()
            .MarkDamagedAsync((await uploads.UploadAsync(path)).Id, "test", CancellationToken.None);
        var head = await uploads.HeadAsync(9, path);
        Assert.Equal((404, null), (head.Status, head.Offset));
        Assert.Equal(404, (await uploads.PatchAsync(9, path, 5, complete: true, World)).Final.Status);
        Assert.Equal(204, (await uploads.SendAsync(9, $"DELETE {path}", null)).Final.Status);
    }

    [Fact]
    public async Task A_finished_upload_can_be_kept_from_clients()
    {
        await using var service = await TestService.StartAsync(
            uploads.Postgres, new Dictionary<string, string>(Settings) { ["Uploads:DeleteFinished"] = "false" });
        var whole = (await UploadWire.SendAsync(service, "POST /uploads", HelloWorld, "Upload-Complete: ?1")).Final;
        var path = whole.Path.Replace("/api/files/", "/uploads/", StringComparison.Ordinal);
        var refused = (await UploadWire.SendAsync(service, $"DELETE {path}", null)).Final;
        Assert.Equal((400, "already_completed"), (refused.Status, refused["X-Error-Code"]));
        Assert.Equal("?1", (await UploadWire.SendAsync(service, $"HEAD {path}", null)).Final["Upload-Complete"]);

        var begun = (await UploadWire.SendAsync(service, "POST /uploads", [], "Upload-Complete: ?0")).Final;
        Assert.Equal(204, (await UploadWire.SendAsync(service, $"DELETE {begun.Path}", null)).Final.Status);
    }

    private static async Task<double> AgeAsync(TestService service, string path)
    {
        var limits = (await UploadWire.SendAsync(service, $"HEAD {path}", null)).Final["Upload-Limit"]!;
        return double.Parse(limits.Split("max-age=")[1].Split(',')[0], null);
    }
}
