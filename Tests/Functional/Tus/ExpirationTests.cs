using System.Globalization;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T126-T132. Each test has its own service, because the service's clock advances for all uploads at once.</summary>
public sealed class ExpirationTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly DateTimeOffset _began = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Every_answer_about_an_upload_that_will_end_says_when()
    {
        await using var tus = await StartAsync();
        var created = await tus.Client.CreateAsync(("Upload-Length", "10"));
        Assert.Matches("^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
            + "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT$", created["Upload-Expires"]);
        AssertEnds(created, TimeSpan.FromHours(24));
        AssertEnds(await tus.Client.HeadAsync(created.Path), TimeSpan.FromHours(24));
        AssertEnds(await tus.Client.PatchAsync(created.Path, 0, [1]), TimeSpan.FromHours(24));
        // A finished upload is kept (T130).
        Assert.Null((await tus.Client.PatchAsync(created.Path, 1, new byte[9]))["Upload-Expires"]);
        Assert.Null((await tus.Client.HeadAsync(created.Path))["Upload-Expires"]);
    }

    [Fact]
    public async Task Bytes_postpone_the_expiration_and_HEAD_does_not()
    {
        await using var tus = await StartAsync();
        var path = await tus.Client.NewAsync(10);
        await tus.AgeAsync(TimeSpan.FromHours(10));
        AssertEnds(await tus.Client.HeadAsync(path), TimeSpan.FromHours(14));
        AssertEnds(await tus.Client.HeadAsync(path), TimeSpan.FromHours(14));
        AssertEnds(await tus.Client.PatchAsync(path, 0, [1]), TimeSpan.FromHours(24));
    }

    [Fact]
    public async Task Bytes_do_not_postpone_an_absolute_expiration()
    {
        await using var tus = await StartAsync(("Tus:Expiration", "Absolute"), ("Uploads:CheckpointBytes", "64KiB"));
        var path = await tus.Client.NewAsync(100_010);
        await tus.AgeAsync(TimeSpan.FromHours(10));
        AssertEnds(await tus.Client.PatchAsync(path, 0, new byte[100_000]), TimeSpan.FromHours(14));
        AssertEnds(await tus.Client.HeadAsync(path), TimeSpan.FromHours(14));
        await tus.AgeAsync(TimeSpan.FromHours(14));
        Assert.Equal(410, (await tus.Client.HeadAsync(path)).Status);
    }

    [Fact]
    public async Task An_expired_upload_is_gone_before_and_after_the_purge()
    {
        await using var tus = await StartAsync();
        var path = await tus.Client.NewAsync(10);
        await tus.Client.PatchAsync(path, 0, new byte[5]);
        await tus.AgeAsync(TimeSpan.FromHours(24));
        for (var round = 0; round < 2; round++)
        {
            var head = await tus.Client.HeadAsync(path);
            Assert.Equal((410, "expired", null), (head.Status, head["X-Error-Code"], head.Offset));
            Assert.Equal(410, (await tus.Client.PatchAsync(path, 5, new byte[5])).Status);
            Assert.Equal(410, (await tus.Client.DeleteAsync(path)).Status);
            Assert.Equal(410, (await tus.Client.SendAsync(HttpMethod.Get, path, null)).Status);
            await tus.Ledger.PurgeAsync(10, null, default);
        }

        Assert.Equal(UploadState.Expired, (await tus.UploadAsync(path)).State);
    }

    [Fact]
    public async Task A_patch_that_runs_past_the_expiration_may_finish()
    {
        await using var tus = await StartAsync();
        var path = await tus.Client.NewAsync(20);
        using var raw = await tus.RawAsync();
        var written = tus.Hooks.WrittenAsync(5);
        await raw.PatchHeadAsync(path, 0, 10);
        await raw.SendAsync("12345");
        await written;
        await tus.AgeAsync(TimeSpan.FromHours(30));
        await raw.SendAsync("67890");
        var answer = await raw.AnswerAsync();
        Assert.Equal((204, 10L), (answer.Status, answer.Offset));
        AssertEnds(answer, TimeSpan.FromHours(24));
    }

    [Fact]
    public async Task Finished_uploads_say_when_they_end_where_they_are_not_kept_for_ever()
    {
        await using var tus = await StartAsync(("Uploads:KeepFinishedFor", "2h"));
        var path = await tus.Client.UploadAsync([1, 2, 3]);
        AssertEnds(await tus.Client.HeadAsync(path), TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task A_finished_part_expires_like_an_unfinished_upload_and_the_joined_upload_stays()
    {
        await using var tus = await StartAsync();
        var bytes = TusClient.Bytes(10);
        var part = await tus.Client.UploadAsync(bytes, ("Upload-Concat", "partial"));
        AssertEnds(await tus.Client.HeadAsync(part), TimeSpan.FromHours(24));
        var whole = await tus.Client.CreateAsync(("Upload-Concat", $"final;{part} {part}"));
        await tus.AgeAsync(TimeSpan.FromHours(24));
        Assert.Equal(410, (await tus.Client.HeadAsync(part)).Status);
        // The service's own purge at its start may run first.
        await tus.Ledger.PurgeAsync(10, null, default);
        Assert.Empty(await tus.Ledger.PurgeAsync(10, null, default));
        Assert.Equal(410, (await tus.Client.HeadAsync(part)).Status);
        Assert.Equal(400, (await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"))).Status);
        Assert.Equal((byte[])[.. bytes, .. bytes], await tus.Client.DownloadAsync(whole.Path));
    }

    /// <summary>Asserts that the upload had this time left at a moment between the beginning of the test and now.</summary>
    private void AssertEnds(TusAnswer answer, TimeSpan left)
    {
        // A date has whole seconds.
        var end = DateTimeOffset.ParseExact(answer["Upload-Expires"]!, "r", CultureInfo.InvariantCulture);
        Assert.InRange(end - left, _began.AddSeconds(-1), TimeProvider.System.GetUtcNow().AddSeconds(1));
    }

    // The purge would run between a jump of the clock and the check.
    private Task<TusService> StartAsync(params (string Key, string Value)[] settings) =>
        TusService.StartAsync(postgres, [("Jobs:Enabled", "false"), .. settings]);
}
