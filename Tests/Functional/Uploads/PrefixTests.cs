using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E19, E20, E21: the bytes of a broken chunk are kept, also over a restart, and another incarnation reads them before it trusts them.
/// </summary>
public sealed partial class PrefixTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 100_000;

    [Fact]
    public async Task Prefix_is_kept_and_continued_at_any_byte()
    {
        var rig = await StartAsync();
        int[] positions = [0, 1, 63, 64, 65, 4095, 4096, 4097, 65_535, 65_536, Length - 1];
        var session = await TestSession.CreateAsync(rig, Length * positions.Length);
        for (var i = 0; i < positions.Length; i++)
        {
            long offset = i * Length, kept = positions[i];
            var failure = await session.BreakAsync(offset, Length, kept);
            Assert.Equal((UploadError.Interrupted, kept), (failure.Error, failure.Offset));
            Assert.Equal(kept, await session.KeptAsync(offset));
            Assert.True((await session.MustPutAsync(offset, Length, kept)).Fresh);
        }

        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_chunk_that_breaks_again_and_again_moves_on_each_time()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        long kept = 0;
        foreach (var until in new[] { 10, 11, 11, 5000, 5001, 70_000, 99_999 })
        {
            Assert.Equal(until, (await session.BreakAsync(0, Length, until, kept)).Offset);
            kept = until;
        }

        // Each of these requests counts only the bytes that it sent itself.
        var failures = await rig.Ledger.FailuresAsync(session.Id, 10, CancellationToken.None);
        Assert.Equal([29_999, 64_999, 1, 4989, 0, 1, 10], failures.Last.Select(failure => failure.Kept));
        await session.MustPutAsync(0, Length, kept);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        Assert.Equal(0, rig.Hooks.Count(nameof(IChunkStore.HashFromDeviceAsync)));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_chunk_of_which_only_the_end_of_the_message_is_lost_is_whole()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Length) with { Length = null }, body.Announce(null), body.Gone);
        await body.SendAsync(session.Part(0, Length));
        body.Break();

        Assert.True(TestSession.Expect(await sending).Fresh);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Reservation_for_the_rest_of_a_broken_chunk_is_returned()
    {
        const int announced = 4 << 20;
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, announced);
        await session.BreakAsync(0, announced, 5000);

        using var file = File.OpenHandle(PathOf(rig, Assert.Single(rig.Store.Enumerate(CancellationToken.None)), temporary: true));
        Assert.Equal(0, Syscalls.Real.Stat(file, "", out var stat));
        Assert.InRange((long)stat.Blocks * 512, 4096, 64 << 10);
        await session.MustPutAsync(0, announced, kept: 5000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Of_two_kept_parts_that_overlap_the_newer_one_stays()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, 20_000, 9000);
        await session.BreakAsync(30_000, 20_000, 9000);
        await session.BreakAsync(8999, 20_000, 9000);

        Assert.Equal((0, 9000, 9000), (await session.KeptAsync(0), await session.KeptAsync(8999), await session.KeptAsync(30_000)));
        Assert.Equal(2, rig.Store.Enumerate(CancellationToken.None).Count());
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task Prefix_that_other_chunks_cover_is_freed_when_the_file_is_complete()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(100, 5000, 4000);
        await session.MustPutAsync(0, Length / 2);
        await session.MustPutAsync(Length / 2, Length / 2);
        TestSession.Expect(await session.CompleteAsync());
        await rig.WhenIdleAsync();

        Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_shorter_second_attempt_is_told_the_longer_prefix_of_the_first()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 9000);

        Assert.Equal(9000, (await session.BreakAsync(0, Length, 100)).Offset);
    }

    [Fact]
    public async Task Bytes_of_a_prefix_are_kept_until_the_chunk_comes_from_its_beginning()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 9000);
        await session.BreakAsync(0, Length, 10_000, 9000);
        Assert.Equal((0, 10_000), await FiguresAsync());

        // Less than what is kept already: only these bytes are lost.
        await session.BreakAsync(0, Length, 100);
        Assert.Equal((100, 10_000), await FiguresAsync());

        // More of it replaces what was kept.
        await session.BreakAsync(0, Length, 30_000);
        Assert.Equal((10_100, 30_000), await FiguresAsync());

        await session.MustPutAsync(0, Length);
        Assert.Equal((40_100, 0), await FiguresAsync());

        async Task<(long Lost, long Kept)> FiguresAsync()
        {
            var failures = await rig.Ledger.FailuresAsync(session.Id, 1, CancellationToken.None);
            return (failures.LostBytes, failures.KeptBytes);
        }
    }

    [Fact]
    public async Task Bytes_of_a_prefix_stay_kept_in_the_chunk_that_continues_it()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 9000);
        await session.MustPutAsync(0, Length, 9000);

        var failures = await rig.Ledger.FailuresAsync(session.Id, 1, CancellationToken.None);
        Assert.Equal((0, 9000), (failures.LostBytes, failures.KeptBytes));
    }

    [Fact]
    public async Task A_kept_prefix_never_counts_as_received()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        var book = rig.Get<ProgressBook>();
        await session.BreakAsync(0, Length, Length - 1);

        var upload = await session.UploadAsync();
        Assert.Equal((0, 0), (upload.ReceivedBytes, upload.ChunkCount));
        var progress = book.Of(session.Id)!;
        Assert.Equal((0, null), (progress.Safe, progress.Left));
        var missing = (await session.CompleteAsync()).Failure!;
        Assert.Equal(UploadError.MissingRanges, missing.Error);
        Assert.Equal([new ByteRange(0, Length)], missing.Missing!);
    }

    [Fact]
    public async Task The_whole_chunk_from_its_beginning_leaves_nothing_of_the_prefix()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);

        Assert.True((await session.MustPutAsync(0, Length)).Fresh);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_prefix_that_keeps_less_of_the_same_chunk_does_not_replace_one_that_keeps_more()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        await session.BreakAsync(0, Length, 100);

        Assert.Equal(5000, await session.KeptAsync(0));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_digest_or_length_at_the_offset_drops_the_prefix(bool digest)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        var other = session with { Content = TestSession.Bytes(Length, seed: 5) };
        await session.BreakAsync(0, Length, 5000);
        var request = digest ? other.Request(0, Length, kept: 5000) : session.Request(0, Length / 2, kept: 5000);

        using var unread = new TestBody();
        var result = await session.SendAsync(request, unread.Announce(request.Length - 5000));

        Assert.Equal((UploadError.PrefixConflict, 0L), (result.Failure?.Error, result.Failure?.Offset));
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_wrong_message_digest_leaves_the_earlier_prefix_as_it_was()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var request = session.Request(0, Length, kept: 5000) with { MessageSha256 = session.DigestOf(5000, Length - 5000) };

        var result = await session.SendAsync(request, TestBody.Of(new byte[Length - 5000]));
        Assert.Equal((UploadError.DigestMismatch, 5000L), (result.Failure?.Error, result.Failure?.Offset));
        Assert.Equal(5000, await session.KeptAsync(0));
        await EngineInvariants.AssertCleanAsync(rig);

        TestSession.Expect(await session.SendAsync(request, TestBody.Of(session.Part(5000, Length - 5000).Span)));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_wrong_chunk_digest_after_a_continuation_keeps_nothing()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);

        var result = await session.SendAsync(session.Request(0, Length, kept: 5000), TestBody.Of(new byte[Length - 5000]));
        Assert.Equal(UploadError.DigestMismatch, result.Failure?.Error);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task Announced_length_and_digest_of_a_chunk_survive_a_request_without_them()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Length, kept: 5000) with { Sha256 = null }, body.Announce(Length - 5000));
        await body.SendAsync(session.Part(5000, 1000));
        body.Break();
        await sending;

        // The announced digest was kept, so that another chunk is still distinguished from this one.
        var other = session with { Content = TestSession.Bytes(Length, seed: 5) };
        using var unread = new TestBody();
        var result = await other.SendAsync(other.Request(0, Length, kept: 6000), unread.Announce(Length - 6000));
        Assert.Equal(UploadError.PrefixConflict, result.Failure?.Error);
        Assert.Equal(0, await session.KeptAsync(0));
    }

    [Fact]
    public async Task Continuing_anywhere_but_at_the_end_of_the_prefix_is_refused_with_the_right_offset()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        foreach (var kept in new[] { 1L, 4999, 5001 })
        {
            using var unread = new TestBody();
            var result = await session.SendAsync(session.Request(0, Length, kept), unread.Announce(Length - kept));
            Assert.Equal((UploadError.PrefixConflict, 5000L), (result.Failure?.Error, result.Failure?.Offset));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Continues_after_a_restart_once_the_kept_part_was_read_again(bool orderly)
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Length);
        await session.BreakAsync(0, Length, 5000);
        var rig = Keep(orderly ? await first.RestartAsync() : await first.CrashAsync());
        session = session.In(rig);

        Assert.Equal(5000, await session.KeptAsync(0));
        Assert.Equal(5000, await session.KeptAsync(0));
        await session.BreakAsync(0, Length, 7000, kept: 5000);
        await session.MustPutAsync(0, Length, kept: 7000);

        Assert.Equal(1, rig.Hooks.Count(nameof(IChunkStore.HashFromDeviceAsync)));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData("corrupt", true)]
    [InlineData("corrupt", false)]
    [InlineData("truncate", true)]
    [InlineData("truncate", false)]
    [InlineData("remove", true)]
    [InlineData("remove", false)]
    public async Task Prefix_whose_file_is_gone_after_a_restart_is_dropped_and_sent_again(string fate, bool asked)
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Length);
        await session.BreakAsync(0, Length, 5000);
        var path = PathOf(first, Assert.Single(EngineInvariants.FilesOf(first, StoredFileKind.Chunk)));
        await first.KillAsync();
        Spoil(path, fate);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);

        if (asked)
        {
            Assert.Equal(0, await session.KeptAsync(0));
        }
        else
        {
            var result = await session.PutAsync(0, Length, kept: 5000);
            Assert.Equal((UploadError.PrefixConflict, 0L), (result.Failure?.Error, result.Failure?.Offset));
        }

        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await session.MustPutAsync(0, Length);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_prefix_whose_file_was_lost_in_the_same_incarnation_is_dropped_when_it_is_opened()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        rig.Store.Delete(Assert.Single(rig.Store.Enumerate(CancellationToken.None)));

        Assert.Equal(UploadError.PrefixConflict, (await session.PutAsync(0, Length, kept: 5000)).Failure?.Error);
        await session.MustPutAsync(0, Length);
    }

    internal static string PathOf(EngineRig rig, StoredFile file, bool temporary = false) => Path.Combine(
        rig.Folder, DiskLayout.Files, DiskLayout.Folder(file.Kind), DiskLayout.Shard(DiskLayout.ShardNumber(file)),
        temporary ? DiskLayout.PartName(file) : DiskLayout.Name(file));

    private static void Spoil(string path, string fate)
    {
        path = File.Exists(path) ? path : path + DiskLayout.PartSuffix;
        if (fate == "remove")
        {
            File.Delete(path);
            return;
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        if (fate == "truncate")
            RandomAccess.SetLength(file, 4999);
        else
            RandomAccess.Write(file, [0, 1, 2, 3], 4096);
    }
}
