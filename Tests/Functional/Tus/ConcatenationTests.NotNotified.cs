using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>
/// T150 where the last part is complete and the final upload was not notified, because the service died in between or its ledger was
/// unavailable.
/// </summary>
public sealed partial class ConcatenationTests
{
    [Fact]
    public async Task A_final_that_was_not_notified_is_joined_by_the_next_start()
    {
        await using var tus = await UnfinishedAsync();
        var (final, _, _) = await NotNotifiedAsync(tus);
        await using var next = await tus.RestartAsync();
        await JoinedAsync(next, final);
        Assert.Equal(UploadState.Completed, (await next.UploadAsync(final)).State);
        Assert.Equal([1, 2, 3], await next.Client.DownloadAsync(final));
    }

    [Fact]
    public async Task A_final_that_was_not_notified_is_joined_by_finish_pending_and_has_its_digest()
    {
        await using var tus = await UnfinishedAsync();
        var (final, part, wake) = await NotNotifiedAsync(tus);
        wake();
        await RunAsync(tus, "finish-pending");
        await JoinedAsync(tus, final);
        var joined = await tus.UploadAsync(final);
        Assert.Equal((UploadState.Completed, TusClient.Sha256([1, 2, 3])), (joined.State, joined.Sha256.ToString()));
        Assert.Equal(UploadState.Completed, (await tus.UploadAsync(part)).State);
    }

    [Theory]
    [InlineData("/files/{0}")]
    [InlineData("/api/files/{0}")]
    [InlineData("/api/files/{0}/content")]
    [InlineData("/api/sessions/{0}")]
    public async Task A_final_that_was_not_notified_is_joined_when_it_is_asked_for(string address)
    {
        await using var tus = await UnfinishedAsync();
        var (final, _, _) = await NotNotifiedAsync(tus);
        Assert.Equal(200, (await tus.Client.SendAsync(HttpMethod.Get, string.Format(null, address, TusService.IdOf(final)), null)).Status);
        Assert.Equal(UploadState.Completed, (await tus.UploadAsync(final)).State);
        Assert.Equal([1, 2, 3], await tus.Client.DownloadAsync(final));
    }

    [Fact]
    public async Task A_final_that_was_not_notified_does_not_expire_and_its_parts_go_when_it_is_joined()
    {
        await using var tus = await UnfinishedAsync();
        var (final, part, wake) = await NotNotifiedAsync(tus);
        await tus.AgeAsync(TimeSpan.FromDays(30));
        await RunAsync(tus, "purge-stale-sessions");
        Assert.Equal(
            (UploadState.Open, UploadState.Completed), ((await tus.UploadAsync(final)).State, (await tus.UploadAsync(part)).State));

        wake();
        await RunAsync(tus, "finish-pending");
        await JoinedAsync(tus, final);
        await tus.AgeAsync(TimeSpan.FromHours(1));
        await RunAsync(tus, "purge-stale-sessions");
        Assert.Equal(
            (UploadState.Completed, UploadState.Deleted), ((await tus.UploadAsync(final)).State, (await tus.UploadAsync(part)).State));
        Assert.Equal([1, 2, 3], await tus.Client.DownloadAsync(final));
    }

    [Fact]
    public async Task A_final_that_was_not_notified_and_that_would_be_too_large_ends_and_its_parts_with_it()
    {
        await using var tus = await fixture.StartAsync(("Uploads:MaxSize", "10"), ("Tus:Extensions", Unfinished));
        var wake = Sleep(tus);
        var one = (await tus.Client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"))).Path;
        var two = (await tus.Client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"))).Path;
        var final = (await tus.Client.CreateAsync(("Upload-Concat", $"final;{one} {two}"))).Path;
        foreach (var part in new[] { one, two })
            Assert.Equal(204, (await tus.Client.PatchAsync(part, 0, new byte[6], ("Upload-Length", "6"))).Status);
        await tus.AgeAsync(TimeSpan.FromDays(30));
        await RunAsync(tus, "purge-stale-sessions");
        Assert.Equal(UploadState.Open, (await tus.UploadAsync(final)).State);

        wake();
        await RunAsync(tus, "finish-pending");
        await JoinedAsync(tus, final);
        await tus.AgeAsync(TimeSpan.FromHours(1));
        await RunAsync(tus, "purge-stale-sessions");
        Assert.Equal(UploadState.Failed, (await tus.UploadAsync(final)).State);
        Assert.Equal((UploadState.Deleted, UploadState.Deleted), ((await tus.UploadAsync(one)).State, (await tus.UploadAsync(two)).State));
    }

    [Fact]
    public async Task Damage_of_a_part_is_noticed_before_the_final_upload_is_sent()
    {
        await using var tus = await UnfinishedAsync();
        var done = await tus.Client.UploadAsync([1, 2, 3], ("Upload-Concat", "partial"));
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part} {done}"))).Path;
        await using var next = await tus.RestartAsync();
        await AssertProgressAsync(next.Client, final, 3, "6");
        File.Delete(Assert.Single(Directory.EnumerateFiles(next.Service.DataDirectory, "*", SearchOption.AllDirectories), file =>
            new FileInfo(file).Length == 3));
        Assert.Equal(204, (await next.Client.PatchAsync(part, 0, [4, 5, 6])).Status);

        var answer = await next.Client.SendAsync(HttpMethod.Get, final, null);
        Assert.Equal((410, "damaged"), (answer.Status, answer["X-Error-Code"]));
    }

    /// <summary>
    /// A complete part and the final upload that waits for it. Background calls to the ledger fail until the test wakes the background.
    /// </summary>
    private static async Task<(string Final, string Part, Action Wake)> NotNotifiedAsync(TusService tus)
    {
        var wake = Sleep(tus);
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"))).Path;
        Assert.Equal(204, (await tus.Client.PatchAsync(part, 0, [1, 2, 3])).Status);
        Assert.Equal(
            (UploadState.Open, UploadState.Completed), ((await tus.UploadAsync(final)).State, (await tus.UploadAsync(part)).State));
        return (final, part, wake);
    }

    private static Action Sleep(TusService tus)
    {
        var asleep = true;
        foreach (var call in new[] { nameof(IUploadLedger.WaitingForAsync), nameof(IBackgroundLedger.PendingAsync) })
            tus.Hooks.Fail(call, () => new LedgerUnavailableException("away"), int.MaxValue, _ => asleep);
        return () => asleep = false;
    }

    private static Task<JobReport> RunAsync(TusService tus, string job) =>
        tus.Service.Services.GetServices<IMaintenanceJob>().Single(one => one.Name == job)
            .RunAsync(new SilentProgress(), CancellationToken.None);

    /// <summary>Another request has begun to join; this one returns when that is done.</summary>
    private static async Task JoinedAsync(TusService tus, string final)
    {
        await tus.Hooks.WhenSeenAsync(nameof(IUploadLedger.JoinAsync), 1);
        await tus.Service.Services.GetRequiredService<BackgroundWork>().Schedule(TusService.IdOf(final), urgent: true);
    }
}
