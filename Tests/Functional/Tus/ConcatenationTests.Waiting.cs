using System.Globalization;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>T147, T150, T154 and T156 with <c>concatenation-unfinished</c>: final uploads that wait for their parts.</summary>
public sealed partial class ConcatenationTests
{
    private const string Unfinished = "creation,creation-defer-length,concatenation,concatenation-unfinished,termination,expiration";

    [Fact]
    public async Task A_final_may_wait_for_its_parts_and_completes_with_the_last_of_them()
    {
        await using var tus = await UnfinishedAsync();
        var client = tus.Client;
        Assert.Contains("concatenation-unfinished", (await client.SendAsync(HttpMethod.Options, "/files", null))["Tus-Extension"],
            StringComparison.Ordinal);
        var one = await client.NewAsync(11, ("Upload-Concat", "partial"));
        var two = await client.NewAsync(11, ("Upload-Concat", "partial"));
        var final = await client.CreateAsync(("Upload-Concat", $"final;{one} {two}"));
        Assert.Equal(201, final.Status);
        await AssertProgressAsync(client, final.Path, 0, "22");
        Assert.Equal(403, (await client.PatchAsync(final.Path, 0, [])).Status);
        Assert.Equal(409, (await client.SendAsync(HttpMethod.Get, final.Path, null)).Status);

        await client.PatchAsync(one, 0, "hello world"u8.ToArray());
        await AssertProgressAsync(client, final.Path, 11, "22");
        Assert.Equal(UploadState.Open, (await tus.UploadAsync(final.Path)).State);
        await client.PatchAsync(two, 0, "HELLO WORLD"u8.ToArray());
        // Without a request for the digest.
        Assert.Equal(UploadState.Completed, (await tus.UploadAsync(final.Path)).State);
        await AssertProgressAsync(client, final.Path, 22, "22");
        Assert.Equal("hello worldHELLO WORLD"u8.ToArray(), await client.DownloadAsync(final.Path));
    }

    [Fact]
    public async Task A_final_that_was_not_notified_completes_when_it_is_queried()
    {
        await using var tus = await UnfinishedAsync();
        // As if the service had died between the part's last byte and the join.
        var (final, _, _) = await NotNotifiedAsync(tus);
        await AssertProgressAsync(tus.Client, final, 3, "3");
        Assert.Equal([1, 2, 3], await tus.Client.DownloadAsync(final));
    }

    [Fact]
    public async Task A_final_that_was_not_notified_can_be_deleted_like_any_file()
    {
        await using var tus = await UnfinishedAsync();
        var (final, _, _) = await NotNotifiedAsync(tus);
        Assert.Equal(204, (await tus.Client.SendAsync(HttpMethod.Delete, $"/api/files/{TusService.IdOf(final)}", null)).Status);
        Assert.Equal(410, (await tus.Client.HeadAsync(final)).Status);
    }

    [Fact]
    public async Task A_waiting_final_has_its_length_once_all_parts_have_theirs()
    {
        await using var tus = await UnfinishedAsync();
        var part = await tus.Client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{part.Path}"));
        var head = await tus.Client.HeadAsync(final.Path);
        Assert.Equal((null, null), (head["Upload-Length"], head["Upload-Defer-Length"]));
        await tus.Client.PatchAsync(part.Path, 0, [1], ("Upload-Length", "3"));
        await AssertProgressAsync(tus.Client, final.Path, 1, "3");
        Assert.Equal(204, (await tus.Client.PatchAsync(part.Path, 1, [2, 3])).Status);
        await AssertProgressAsync(tus.Client, final.Path, 3, "3");
    }

    [Fact]
    public async Task A_final_that_waits_for_a_part_that_is_gone_is_gone()
    {
        await using var tus = await UnfinishedAsync();
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"));
        Assert.Equal(204, (await tus.Client.DeleteAsync(part)).Status);
        Assert.Equal(410, (await tus.Client.HeadAsync(final.Path)).Status);
        Assert.Equal(410, (await tus.Client.HeadAsync(final.Path)).Status);
    }

    [Fact]
    public async Task A_final_and_the_parts_that_it_waits_for_expire()
    {
        await using var tus = await UnfinishedAsync();
        var done = await tus.Client.UploadAsync([1, 2, 3], ("Upload-Concat", "partial"));
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{done} {part}"));
        await tus.AgeAsync(TimeSpan.FromHours(24));
        for (var round = 0; round < 2; round++)
        {
            foreach (var path in new[] { final.Path, part })
            {
                var head = await tus.Client.HeadAsync(path);
                Assert.Equal((410, "expired", null), (head.Status, head["X-Error-Code"], head.Offset));
            }

            // The service's own purge at its start may run first.
            while ((await tus.Ledger.PurgeAsync(10, null, default)).Count > 0)
            {
            }
        }

        Assert.Equal(UploadState.Expired, (await tus.UploadAsync(final.Path)).State);
        Assert.Equal(410, (await tus.Client.PatchAsync(part, 0, [4, 5, 6])).Status);
    }

    [Fact]
    public async Task A_final_lasts_as_long_as_a_part_that_gets_bytes()
    {
        await using var tus = await UnfinishedAsync();
        var done = await tus.Client.UploadAsync([1, 2, 3], ("Upload-Concat", "partial"));
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{done} {part}"));
        await tus.AgeAsync(TimeSpan.FromHours(23));
        Assert.Equal(204, (await tus.Client.PatchAsync(part, 0, [4])).Status);
        await tus.AgeAsync(TimeSpan.FromHours(2));

        var head = await tus.Client.HeadAsync(final.Path);
        Assert.Equal((200, 4L), (head.Status, head.Offset));
        // Without the byte, it would have ended an hour ago. A date has whole seconds.
        var end = EndOf(await tus.Client.HeadAsync(part));
        Assert.InRange(EndOf(head), end - TimeSpan.FromHours(1), end + TimeSpan.FromSeconds(1));
        Assert.Equal(403, (await tus.Client.PatchAsync(final.Path, 4, [5])).Status);
        Assert.Equal(204, (await tus.Client.PatchAsync(part, 1, [5, 6])).Status);
        Assert.Equal([1, 2, 3, 4, 5, 6], await tus.Client.DownloadAsync(final.Path));
    }

    [Fact]
    public async Task A_final_ends_with_an_expired_unfinished_part_though_others_still_get_bytes()
    {
        await using var tus = await UnfinishedAsync();
        var one = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var two = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{one} {two}"));
        await tus.AgeAsync(TimeSpan.FromHours(23));
        Assert.Equal(204, (await tus.Client.PatchAsync(two, 0, [4])).Status);
        Assert.Equal(200, (await tus.Client.HeadAsync(final.Path)).Status);
        await tus.AgeAsync(TimeSpan.FromHours(2));

        Assert.Equal(410, (await tus.Client.PatchAsync(one, 0, [1])).Status);
        Assert.Equal(410, (await tus.Client.HeadAsync(final.Path)).Status);
    }

    [Fact]
    public async Task A_final_fails_as_soon_as_its_parts_are_known_to_be_too_large_together()
    {
        await using var tus = await fixture.StartAsync(("Uploads:MaxSize", "10"), ("Tus:Extensions", Unfinished));
        var one = await tus.Client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"));
        var two = await tus.Client.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{one.Path} {two.Path}"));
        Assert.Equal(201, final.Status);
        Assert.Equal(204, (await tus.Client.PatchAsync(one.Path, 0, new byte[6], ("Upload-Length", "6"))).Status);
        Assert.Equal(200, (await tus.Client.HeadAsync(final.Path)).Status);
        Assert.Equal(204, (await tus.Client.PatchAsync(two.Path, 0, [], ("Upload-Length", "6"))).Status);

        Assert.Equal(410, (await tus.Client.HeadAsync(final.Path)).Status);
        Assert.Equal(UploadState.Failed, (await tus.UploadAsync(final.Path)).State);
        Assert.Equal(204, (await tus.Client.PatchAsync(two.Path, 0, new byte[6])).Status);
    }

    [Fact]
    public async Task A_waiting_final_reports_no_offset_once_the_extension_is_switched_off()
    {
        await using var tus = await UnfinishedAsync();
        var part = await tus.Client.NewAsync(3, ("Upload-Concat", "partial"));
        var final = await tus.Client.CreateAsync(("Upload-Concat", $"final;{part}"));
        await using var without = TusService.Of(await tus.Service.RestartAsync(new Dictionary<string, string>()));
        var head = await without.Client.HeadAsync(final.Path);
        Assert.Equal((200, null, "3"), (head.Status, head.Offset, head["Upload-Length"]));
    }

    private Task<TusService> UnfinishedAsync() => fixture.StartAsync(("Tus:Extensions", Unfinished));

    private static async Task AssertProgressAsync(TusClient client, string path, long offset, string length)
    {
        var head = await client.HeadAsync(path);
        Assert.Equal((200, offset, length), (head.Status, head.Offset, head["Upload-Length"]));
        Assert.StartsWith("final;", head["Upload-Concat"], StringComparison.Ordinal);
    }

    private static DateTimeOffset EndOf(TusAnswer answer) =>
        DateTimeOffset.ParseExact(answer["Upload-Expires"]!, "r", CultureInfo.InvariantCulture);
}
