using System.Globalization;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E5, E23, 507: a failing or full disk loses nothing acknowledged, and unacknowledged bytes are not trusted.</summary>
public sealed class DiskFaultTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 20_000;

    [Theory]
    [InlineData(nameof(ISyscalls.Fdatasync))]
    [InlineData(nameof(ISyscalls.Fsync))]
    public async Task A_failed_flush_of_a_chunk_acknowledges_nothing_and_degrades_the_store_until_a_probe_passes(string call)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        await session.MustPutAsync(0, Part);
        FailOnce(rig, call);

        Assert.Equal(UploadError.StoreDegraded, (await session.PutAsync(Part, Part)).Failure?.Error);
        Assert.NotNull(rig.Store.Health.Degraded);
        Assert.Equal(UploadError.StoreDegraded, (await session.PutAsync(Part, Part)).Failure?.Error);
        Assert.Equal(UploadError.StoreDegraded, (await rig.Intake.CreateAsync(New(), CancellationToken.None)).Failure?.Error);
        Assert.Equal(Part, (await session.UploadAsync()).ReceivedBytes);
        await EngineInvariants.AssertCleanAsync(rig);

        await HealAsync(rig);
        await session.MustPutAsync(Part, Part);
        await session.MustPutAsync(2 * Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_failed_flush_of_a_prefix_keeps_nothing_of_it()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        FailOnce(rig, nameof(ISyscalls.Fdatasync));

        Assert.Equal(0, (await session.BreakAsync(0, Part, 5000)).Offset);
        await HealAsync(rig);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await session.MustPutAsync(0, Part);
    }

    [Fact]
    public async Task A_prefix_that_was_neither_kept_nor_unlinked_is_unlinked_by_the_sweep()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        rig.Calls.Answer = call => call.Name is nameof(ISyscalls.Fdatasync) or nameof(ISyscalls.UnlinkAt) ? -Errno.InputOutput : null;

        var broken = await session.BreakAsync(0, Part, 5000);
        Assert.Equal((UploadError.Interrupted, 0), (broken.Error, broken.Offset));
        await HealAsync(rig);
        Assert.Single(rig.Store.Enumerate(CancellationToken.None));

        Assert.Equal(1, (await EngineInvariants.SweepAsync(rig)).Counts["removed"]);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Theory]
    [InlineData("prefix")]
    [InlineData("chunk")]
    [InlineData("write")]
    public async Task After_a_failure_a_recorded_prefix_continues_in_a_new_file_once_it_was_read_from_the_device(string what)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, 5000);
        var file = Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        FailOnce(rig, what == "write" ? nameof(ISyscalls.Pwrite) : nameof(ISyscalls.Fdatasync));
        if (what == "prefix")
            Assert.Equal(5000, (await session.BreakAsync(0, Part, 9000, kept: 5000)).Offset);
        else
            Assert.False((await session.PutAsync(0, Part, kept: 5000)).Ok);
        await HealAsync(rig);

        Assert.Equal(5000, await session.KeptAsync(0));
        Assert.Equal(1, rig.Hooks.Count(nameof(IChunkStore.HashFromDeviceAsync)));
        await session.MustPutAsync(0, Part, kept: 5000);
        Assert.NotEqual(file, Assert.Single(rig.Store.Enumerate(CancellationToken.None)));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_prefix_that_could_not_be_opened_for_lack_of_descriptors_after_a_restart_is_kept()
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Part);
        await session.BreakAsync(0, Part, 5000);
        await first.KillAsync();
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);
        rig.Calls.Fail(nameof(ISyscalls.OpenAt), Errno.TooManyOpen, IsStoredFile);

        Assert.Equal(StoreError.Exhausted, (await Assert.ThrowsAsync<StoreException>(() => session.KeptAsync(0))).Error);
        Assert.Equal(UploadError.StorageFailed, (await session.PutAsync(0, Part, kept: 5000)).Failure?.Error);
        rig.Calls.Answer = null;
        Assert.Equal(5000, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part, kept: 5000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_prefix_that_the_device_lost_with_a_failed_flush_is_dropped()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, 5000);
        FailOnce(rig, nameof(ISyscalls.Fdatasync));
        await session.BreakAsync(0, Part, 9000, kept: 5000);
        await HealAsync(rig);
        await using (var writer =
            await rig.Store.ReopenAsync(Assert.Single(rig.Store.Enumerate(CancellationToken.None)), null, CancellationToken.None))
            writer.Write(new byte[4096], 0);

        Assert.Equal(0, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_failed_flush_of_the_assembly_keeps_the_chunks_and_merges_them_into_another_one()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        await session.MustPutAsync(0, Part);
        await session.MergeAsync();
        await session.MustPutAsync(Part, Part);
        await session.MustPutAsync(2 * Part, Part);
        FailOnce(rig, nameof(ISyscalls.Fdatasync));
        await Assert.ThrowsAsync<StoreException>(session.MergeAsync);

        Assert.NotNull(rig.Store.Health.Degraded);
        Assert.Equal(Part, (await session.UploadAsync()).PlacedBytes);
        await EngineInvariants.AssertCleanAsync(rig);
        await session.MergeAsync();
        Assert.Equal(Part, (await session.UploadAsync()).PlacedBytes);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();

        await HealAsync(rig);
        await session.MergeAsync();
        Assert.Equal(3 * Part, (await session.UploadAsync()).PlacedBytes);
        Assert.Equal(2, EngineInvariants.FilesOf(rig, StoredFileKind.Assembly).Count);
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_failed_flush_of_a_new_assembly_leaves_no_file()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        FailOnce(rig, nameof(ISyscalls.Fsync));
        await Assert.ThrowsAsync<StoreException>(session.MergeAsync);

        await EngineInvariants.AssertCleanAsync(rig);
        await HealAsync(rig);
        await session.MergeAsync();
        Assert.Equal(Part, (await session.UploadAsync()).PlacedBytes);
    }

    [Fact]
    public async Task A_writer_that_meets_a_store_degraded_by_another_ones_failure_falls_back_to_what_is_recorded()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.BreakAsync(0, Part, 5000);
        using var body = new TestBody();
        var going = session.SendAsync(session.Request(0, Part, kept: 5000), body.Announce(Part - 5000));
        await body.SendAsync(session.Part(5000, 1000));
        FailOnce(rig, nameof(ISyscalls.Fdatasync));
        await session.PutAsync(Part, Part);
        await body.SendAsync(session.Part(6000, 1000));

        var failure = (await going).Failure;
        Assert.Equal((UploadError.StoreDegraded, 5000L), (failure?.Error, failure?.Offset));
        await HealAsync(rig);
        Assert.Equal(5000, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part, kept: 5000);
        await session.MustPutAsync(Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    [InlineData(Part - 1)]
    public async Task A_full_disk_keeps_what_has_come_and_continues_when_there_is_room(int until)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Part), body.Announce(Part));
        if (until > 0)
            await body.SendAsync(session.Part(0, until));
        rig.Calls.Fail(nameof(ISyscalls.Pwrite), Errno.NoSpace);
        await body.SendAsync(session.Part(until, Part - until));

        var failure = (await sending).Failure;
        Assert.Equal((UploadError.NoSpace, (long)until), (failure?.Error, failure?.Offset));
        Assert.Null(rig.Store.Health.Degraded);
        rig.Calls.Answer = null;
        Assert.Equal(until, await session.KeptAsync(0));
        await EngineInvariants.AssertCleanAsync(rig);
        await session.MustPutAsync(0, Part, kept: until);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_disk_that_fills_inside_a_write_keeps_the_bytes_before_it()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Part), body.Announce(Part));
        await body.SendAsync(session.Part(0, 3000));
        // 100 bytes still fit and the rest does not: the file has more bytes than the hash, and the hash is right.
        var fits = 100;
        rig.Calls.Answer = call => call.Name != nameof(ISyscalls.Pwrite) ? null : Interlocked.Exchange(ref fits, -Errno.NoSpace);
        await body.SendAsync(session.Part(3000, 7000));

        Assert.Equal((UploadError.NoSpace, 3000L), ((await sending).Failure?.Error, (await sending).Failure?.Offset));
        Assert.Equal(3100, rig.Store.Length(Assert.Single(rig.Store.Enumerate(CancellationToken.None))));
        rig.Calls.Answer = null;
        await session.MustPutAsync(0, Part, kept: 3000);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_disk_without_room_for_a_chunk_refuses_it_before_its_first_byte_and_deletes_still_work()
    {
        var rig = await StartAsync(new EngineSetup { Storage = new StorageOptions { ReserveBytes = 1 << 20 } });
        rig.Calls.FreeBytes = 10 << 20;
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        rig.Calls.FreeBytes = (1 << 20) + Part - 1;
        rig.Time.Advance(TimeSpan.FromSeconds(2));

        using var unread = new TestBody();
        Assert.Equal(UploadError.NoSpace, (await session.SendAsync(session.Request(Part, Part), unread.Announce(Part))).Failure?.Error);
        Assert.Equal(UploadError.NoSpace, (await rig.Intake.CreateAsync(New(), CancellationToken.None)).Failure?.Error);
        TestSession.Expect(await session.ReopenAsync(0, Part));
        rig.Calls.FreeBytes = 10 << 20;
        await session.MustPutAsync(Part, Part);
        TestSession.Expect(await session.CancelAsync());
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Preallocate))]
    [InlineData(nameof(ISyscalls.CopyFileRange))]
    public async Task A_merge_without_room_is_put_off_and_loses_nothing(string call)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        rig.Calls.Fail(call, Errno.NoSpace);
        Assert.Equal(StoreError.NoSpace, (await Assert.ThrowsAsync<StoreException>(session.MergeAsync)).Error);

        await EngineInvariants.AssertCleanAsync(rig);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        rig.Calls.Answer = null;
        await session.MergeAsync();
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task The_background_comes_back_to_a_merge_that_failed()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        var refused = new TaskCompletionSource();
        rig.Calls.Answer = call =>
        {
            if (call.Name != nameof(ISyscalls.CopyFileRange))
                return null;
            refused.TrySetResult();
            return -Errno.NoSpace;
        };
        await session.MustPutAsync(0, Part);
        await refused.Task;
        await rig.Time.WaitForTimerAsync(TimeSpan.FromSeconds(5));
        rig.Calls.Answer = null;
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        await rig.WhenIdleAsync();

        Assert.Equal(Part, (await session.UploadAsync()).PlacedBytes);
    }

    [Fact]
    public async Task Reading_back_from_the_device_finds_what_it_did_not_store()
    {
        var rig = await StartAsync(
            new EngineSetup { Storage = new StorageOptions { ReserveBytes = 0, VerifyAfterWrite = VerifyAfterWrite.Full } });
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        // The device reports the write as done but keeps something else.
        rig.Hooks.After(nameof(IStoredFileWriter.RenameDurablyAsync), async call =>
        {
            await using var other = await rig.Store.ReopenAsync(call.Argument<StoredFile>(), null, CancellationToken.None);
            other.Write([1, 2, 3, 4], 700);
        });

        Assert.Equal(UploadError.VerifyFailed, (await session.PutAsync(Part, Part)).Failure?.Error);
        Assert.Equal("verify", (await rig.Ledger.FailuresAsync(session.Id, 1, CancellationToken.None)).Last[0].Kind);
        await EngineInvariants.AssertCleanAsync(rig);
        await session.MustPutAsync(Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_device_that_cannot_be_read_back_acknowledges_nothing_and_leaves_nothing()
    {
        var rig = await StartAsync(
            new EngineSetup { Storage = new StorageOptions { ReserveBytes = 0, VerifyAfterWrite = VerifyAfterWrite.Full } });
        var session = await TestSession.CreateAsync(rig, Part);
        rig.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput);

        Assert.Equal(UploadError.StorageFailed, (await session.PutAsync(0, Part)).Failure?.Error);
        rig.Calls.Answer = null;
        await EngineInvariants.AssertCleanAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    private static WantedUpload New() => new(TestSession.Me, UploadProtocol.Session, "x", "y/z") { Size = Part };

    /// <summary>Decided by the name, such as <c>12-7f3a…</c>.</summary>
    internal static bool IsStoredFile(string name) => char.IsAsciiDigit(name[0]) && name.Contains('-', StringComparison.Ordinal);

    private static void FailOnce(EngineRig rig, string name)
    {
        var left = 1;
        rig.Calls.Answer = call => call.Name == name && call.Path.Length > 0 && Interlocked.Exchange(ref left, 0) == 1
            ? -Errno.InputOutput
            : null;
    }

    private static async Task HealAsync(EngineRig rig)
    {
        rig.Calls.Answer = null;
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None), string.Create(CultureInfo.InvariantCulture, $"{rig.Store.Health}"));
        Assert.Null(rig.Store.Health.Degraded);
    }
}
