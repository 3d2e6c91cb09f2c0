using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E31: with Relaxed durability a finished file is durable, and unfinished bytes that the machine lost are detected and sent again.
/// </summary>
public sealed class RelaxedTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 20_000;

    internal static readonly EngineSetup Relaxed =
        new() { Storage = new StorageOptions { ReserveBytes = 0, Durability = Durability.Relaxed } };

    [Fact]
    public async Task Chunks_and_prefixes_are_not_flushed_and_completing_flushes_all_of_them()
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        await session.BreakAsync(0, Part, 500);
        var before = rig.Calls.Count(nameof(ISyscalls.Fdatasync));
        await session.MustPutAsync(0, Part, kept: 500);
        await session.MustPutAsync(Part, Part);
        await session.MustPutAsync(2 * Part, Part);
        Assert.Equal(before, rig.Calls.Count(nameof(ISyscalls.Fdatasync)));

        TestSession.Expect(await session.CompleteAsync());
        Assert.Equal(before + 3, rig.Calls.Count(nameof(ISyscalls.Fdatasync)));
        Assert.Empty(await rig.Ledger.UnflushedAsync(session.Id, 10, CancellationToken.None));
        TestSession.Expect(await session.CompleteAsync());
        Assert.Equal(before + 3, rig.Calls.Count(nameof(ISyscalls.Fdatasync)));
        await session.AssertWholeAsync();
    }

    [Theory]
    [InlineData(nameof(IContentLedger.UnflushedAsync), true)]
    [InlineData(nameof(IContentLedger.MarkFlushedAsync), false)]
    [InlineData(nameof(IUploadLedger.BeginCompleteAsync), false)]
    public async Task A_chunk_that_is_recorded_while_the_others_are_flushed_is_flushed_before_the_answer(string step, bool made)
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        var gate = made ? rig.Hooks.HoldAfter(step) : rig.Hooks.HoldBefore(step);
        var completing = session.CompleteAsync();
        await gate.Reached;
        await session.MustPutAsync(Part, Part);
        var late = (await session.ExtentsAsync())[1].File;
        gate.Open();

        TestSession.Expect(await completing);
        Assert.Contains(rig.Calls.Seen, call => call.Name == nameof(ISyscalls.Fdatasync)
            && call.Path.StartsWith(DiskLayout.Name(late), StringComparison.Ordinal));
        Assert.Empty(await rig.Ledger.UnflushedAsync(session.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_paused_session_is_flushed_too_when_it_is_completed()
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, Part);
        await session.MustPutAsync(0, Part);
        TestSession.Expect(await rig.Catalog.PauseAsync(TestSession.Me, session.Id, CancellationToken.None));

        TestSession.Expect(await session.CompleteAsync());
        Assert.Empty(await rig.Ledger.UnflushedAsync(session.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_flush_that_fails_at_the_end_publishes_nothing()
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        rig.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        Assert.Equal(UploadError.StoreDegraded, (await session.CompleteAsync()).Failure?.Error);
        Assert.Equal(UploadState.Open, (await session.UploadAsync()).State);

        rig.Calls.Answer = null;
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_chunk_that_the_device_lost_with_a_failed_flush_is_missing_again()
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        rig.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        Assert.Equal(UploadError.StoreDegraded, (await session.CompleteAsync()).Failure?.Error);
        rig.Calls.Answer = null;
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));
        await using (var writer = await rig.Store.ReopenAsync((await session.ExtentsAsync())[0].File, null, CancellationToken.None))
            writer.Write(new byte[4096], 0);

        Assert.Equal([new ByteRange(0, Part)], (await session.CompleteAsync()).Failure?.Missing!);
        await session.MustPutAsync(0, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_merge_during_the_flush_is_followed()
    {
        var rig = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        var asked = rig.Hooks.HoldAfter(nameof(IContentLedger.UnflushedAsync));
        var completing = session.CompleteAsync();
        await asked.Reached;
        await session.MergeAsync();
        asked.Open();

        TestSession.Expect(await completing);
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task After_a_machine_crash_intact_extents_are_trusted_and_damaged_ones_are_missing_again()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, 4 * Part);
        for (var chunk = 0; chunk < 4; chunk++)
            await session.MustPutAsync(chunk * Part, Part);
        var files = (await session.ExtentsAsync()).Select(extent => PrefixTests.PathOf(first, extent.File)).ToArray();
        await PowerFailsAsync(first);
        await File.WriteAllBytesAsync(files[1], new byte[Part]);
        await File.WriteAllBytesAsync(files[2], []);
        File.Delete(files[3]);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);

        var status = TestSession.Expect(await rig.Catalog.StatusAsync(TestSession.Me, session.Id, CancellationToken.None));
        Assert.Equal([new ByteRange(Part, 3 * Part)], status.Missing);
        Assert.Equal(Part, status.Upload.ReceivedBytes);
        for (var chunk = 1; chunk < 4; chunk++)
            Assert.True((await session.MustPutAsync(chunk * Part, Part)).Fresh);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task After_a_crash_extents_that_could_not_be_opened_are_trusted_once_they_were_verified()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        await PowerFailsAsync(first);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);
        rig.Calls.Fail(nameof(ISyscalls.OpenAt), Errno.TooManyOpen, DiskFaultTests.IsStoredFile);

        Assert.Equal(StoreError.Exhausted, (await Assert.ThrowsAsync<StoreException>(
            () => rig.Catalog.StatusAsync(TestSession.Me, session.Id, CancellationToken.None))).Error);
        rig.Calls.Answer = null;
        Assert.Empty(TestSession.Expect(await rig.Catalog.StatusAsync(TestSession.Me, session.Id, CancellationToken.None)).Missing);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Doubtful_chunk_is_verified_before_it_is_merged()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, 2 * Part, declare: true);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        var lost = PrefixTests.PathOf(first, (await session.ExtentsAsync())[0].File);
        await PowerFailsAsync(first);
        await File.WriteAllBytesAsync(lost, new byte[Part]);
        var rig = Keep(await first.CrashAsync(Relaxed with { Background = true }));
        session = session.In(rig);
        await rig.Hooks.WhenSeenAsync(nameof(IBackgroundLedger.PlaceAsync), 1);
        await rig.WhenIdleAsync();

        Assert.Equal((Part, Part), ((await session.UploadAsync()).ReceivedBytes, (await session.UploadAsync()).PlacedBytes));
        Assert.True((await session.MustPutAsync(0, Part)).Fresh);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task After_a_crash_of_the_process_alone_nothing_is_doubtful()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, Part);
        await session.MustPutAsync(0, Part);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);

        Assert.Equal(Part, await session.KeptAsync(0));
        Assert.Equal(0, rig.Hooks.Count(nameof(IChunkStore.HashFromDeviceAsync)));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_finished_file_is_not_doubtful()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.MergeAsync();
        await PowerFailsAsync(first);
        var rig = Keep(await first.CrashAsync());
        session = session.In(rig);

        TestSession.Expect(await rig.Catalog.FileAsync(TestSession.Me, session.Id, CancellationToken.None));
        Assert.Equal(0, rig.Hooks.Count(nameof(IChunkStore.HashFromDeviceAsync)));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_prefix_is_read_again_in_every_new_incarnation()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, Part);
        await session.BreakAsync(0, Part, 5000);
        var path = PrefixTests.PathOf(first, Assert.Single(first.Store.Enumerate(CancellationToken.None)), temporary: true);
        await PowerFailsAsync(first);
        await File.WriteAllBytesAsync(path, new byte[5000]);
        var rig = Keep(await first.CrashAsync());

        Assert.Equal(0, await session.In(rig).KeptAsync(0));
        await session.In(rig).MustPutAsync(0, Part);
    }

    [Fact]
    public async Task An_incarnation_that_is_committed_flushes_what_a_relaxed_one_left()
    {
        var first = await StartAsync(Relaxed);
        var session = await TestSession.CreateAsync(first, 2 * Part);
        await session.MustPutAsync(0, Part);
        var rig = Keep(await first.CrashAsync(new EngineSetup()));
        session = session.In(rig);
        await session.MustPutAsync(Part, Part);

        TestSession.Expect(await session.CompleteAsync());
        Assert.Empty(await rig.Ledger.UnflushedAsync(session.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_stream_in_several_segments_is_flushed_whole_when_it_completes()
    {
        var first = await StartAsync(Relaxed);
        var stream = await TestStream.CreateAsync(first, TestSession.Bytes(2 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        var rig = Keep(await first.CrashAsync());
        Assert.True(TestSession.Expect(await (stream with { Rig = rig }).AppendAsync(Part)).Upload.IsReceived);

        Assert.Equal(2, (await rig.Ledger.ExtentsAsync(stream.Id, 0, 10, CancellationToken.None)).Count);
        Assert.Empty(await rig.Ledger.UnflushedAsync(stream.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_stream_of_the_draft_whose_bytes_were_lost_fails_and_its_request_ends()
    {
        var rig = await StartAsync(Relaxed);
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(2 * Part), protocol: UploadProtocol.Ietf);
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        var extents = await rig.Ledger.ExtentsAsync(stream.Id, 0, 10, CancellationToken.None);
        rig.Get<ContentFlusher>().MarkSuspect(extents[0].File);

        var last = await stream.AppendAsync(Part).WaitAsync(Eventually.Limit);

        Assert.Equal(UploadError.StorageFailed, last.Failure?.Error);
        Assert.Equal(UploadState.Failed, (await rig.Ledger.GetAsync(stream.Id, CancellationToken.None))!.State);
    }

    /// <summary>Kills the process; the next incarnation belongs to another boot.</summary>
    internal static async Task PowerFailsAsync(EngineRig rig)
    {
        await rig.KillAsync();
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync("update incarnations set boot_id = 'an earlier boot'");
    }
}
