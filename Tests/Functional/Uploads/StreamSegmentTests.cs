using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E9, E13: a checkpoint records only bytes that came before its flush began, and a stream continues only over recorded bytes.
/// </summary>
public sealed class StreamSegmentTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 20_000;

    [Fact]
    public async Task Bytes_that_arrive_during_a_flush_are_not_recorded_by_it()
    {
        var rig = await StartAsync();
        var content = TestSession.Bytes(Length);
        var upload = await CreateAsync(rig);
        var writer = new BusyWriter(
            await rig.Store.CreateAsync(
                StoredFile.New(rig.Store.Id, StoredFileKind.Segment, rig.Incarnation), null, CancellationToken.None));
        using var claim = (await rig.Claims.TakeAsync(Caller.Operator, upload.Id, WriterClaims.WholeStream, CancellationToken.None)).Claim;
        await using var segment = Open(rig, upload, writer, claim, new CheckpointSlots(rig.Time));
        segment.Write(content.AsSpan(0, 5000));
        writer.DuringFlush = () => segment.Write(content.AsSpan(5000, 2000));

        var answer = await segment.CheckpointAsync(final: false);

        Assert.Equal((5000, 5000, 7000), (answer.Upload!.ReceivedBytes, segment.RecordedOffset, segment.Offset));
        Assert.Equal(5000, (await rig.Ledger.SavedHashAsync(upload.Id, CancellationToken.None))!.Length);
        writer.DuringFlush = null;
        Assert.Equal(7000, (await segment.CheckpointAsync(final: false)).Upload!.ReceivedBytes);
        await EngineInvariants.AssertTrueAsync(rig);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slot_that_is_no_longer_needed_goes_to_another_stream(bool recorded)
    {
        var rig = await StartAsync();
        var upload = await CreateAsync(rig);
        var writer = await rig.Store.CreateAsync(
                StoredFile.New(rig.Store.Id, StoredFileKind.Segment, rig.Incarnation), null, CancellationToken.None);
        using var claim = (await rig.Claims.TakeAsync(Caller.Operator, upload.Id, WriterClaims.WholeStream, CancellationToken.None)).Claim;
        var slots = new CheckpointSlots(rig.Time);
        CheckpointSlot mine;
        await using (var segment = Open(rig, upload, writer, claim, slots))
        {
            segment.Write(TestSession.Bytes(5000));
            rig.Time.Advance(rig.Get<UploadOptions>().CheckpointInterval);
            for (var other = 0; other < CheckpointSlots.MostInATick; other++)
                _ = slots.Take();
            Assert.Equal(CheckpointSlots.Tick, segment.ReadTimeout);
            mine = slots.Take();
            slots.Return(mine);

            if (recorded)
            {
                Assert.Equal(RecordOutcome.Recorded, (await segment.CheckpointAsync(final: false)).Outcome);
                AssertAllFree();
            }
        }

        AssertAllFree();

        void AssertAllFree()
        {
            var free = Enumerable.Range(0, CheckpointSlots.MostInATick).Select(_ => slots.Take()).ToList();
            Assert.All(free, slot => Assert.Equal(mine.Tick, slot.Tick));
            // A slot that was returned twice would leave space for another.
            free.Add(slots.Take());
            Assert.Equal(mine.Tick + 1, free[^1].Tick);
            free.ForEach(slots.Return);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unusable_digest_state_makes_the_service_read_and_verify_the_bytes(bool spoiled)
    {
        var first = await StartAsync();
        var content = TestSession.Bytes(Length);
        var id = (await CreateAsync(first)).Id;
        TestSession.Expect(await AppendAsync(first, 0, 5000));
        var rig = Keep(await first.RestartAsync());
        await using (var connection = await rig.ConnectAsync())
            await connection.ExecuteAsync("update uploads set hash_state = '\\x00'");
        if (spoiled)
        {
            await using var writer = await rig.Store.ReopenAsync(
                (await rig.Ledger.ExtentsAsync(id, 0, 1, CancellationToken.None))[0].File, null, CancellationToken.None);
            writer.Write(new byte[1000], 100);
        }

        var end = await AppendAsync(rig, 5000, Length);

        var upload = (await rig.Ledger.GetAsync(id, CancellationToken.None))!;
        Assert.Equal((spoiled ? UploadError.Damaged : null, spoiled), (end.Failure?.Error, upload.DamagedAt is not null));
        if (!spoiled)
            await new TestSession(rig, id, content).AssertWholeAsync();

        Task<Result<StreamReceipt>> AppendAsync(EngineRig rig, int from, int to) => rig.Get<StreamAppender>().AppendAsync(
            new StreamAppend(TestSession.Me, id, UploadProtocol.Tus, from, CompletionMode.WhenFull),
                TestBody.Of(content.AsSpan(from, to - from)), CancellationToken.None);
    }

    [Fact]
    public async Task Bytes_that_are_not_recorded_stay_neither_behind_a_request_nor_behind_a_restart()
    {
        var first = await StartAsync();
        var stream = await TestStream.CreateAsync(first, TestSession.Bytes(Length));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), 1000));
        var segment = (await first.Ledger.ExtentsAsync(stream.Id, 0, 1, CancellationToken.None))[0].File;

        var wrong = await stream.AppendAsync(stream.Request(1000) with { Checksum = new Wrong() }, Length);
        Assert.Equal(UploadError.ChecksumMismatch, wrong.Failure?.Error);
        Assert.Equal(1000, first.Store.Length(segment));

        // A process that was killed could not cut off what it had written.
        await using (var writer = await first.Store.ReopenAsync(segment, null, CancellationToken.None))
            writer.Write(new byte[5000], 1000);
        Assert.Equal(6000, first.Store.Length(segment));
        var rig = Keep(await first.CrashAsync());
        Assert.True(TestSession.Expect(await (stream with { Rig = rig }).AppendAsync(1000)).Upload.IsReceived);

        Assert.Equal(1000, rig.Store.Length(segment));
        await new TestSession(rig, stream.Id, stream.Content).AssertWholeAsync();
    }

    [Fact]
    public async Task Bytes_of_a_checkpoint_whose_answer_was_lost_stay()
    {
        var rig = await StartAsync();
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(Length));
        rig.Hooks.LoseAnswer(nameof(IStreamLedger.CheckpointAsync), () => new LedgerUnavailableException("lost"));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => stream.AppendAsync(stream.Request(0), 5000));

        Assert.Equal(5000, TestSession.Expect(await stream.OffsetAsync()).ReceivedBytes);
        Assert.True(TestSession.Expect(await stream.AppendAsync(5000)).Upload.IsReceived);
        await new TestSession(rig, stream.Id, stream.Content).AssertWholeAsync();
    }

    private static async Task<Upload> CreateAsync(EngineRig rig) => TestSession.Expect(
        await rig.Intake.CreateAsync(TestStream.Describe(Length), CancellationToken.None)).Upload;

    private static FileSegment Open(EngineRig rig, Upload upload, IStoredFileWriter writer, WriterClaim claim, CheckpointSlots slots) =>
        new(
        upload, writer, rig.Get<IRunningHashes>().Start(), 0,
            new StreamAppend(TestSession.Me, upload.Id, UploadProtocol.Tus, 0, CompletionMode.WhenFull),
        rig.Ledger, claim, rig.Get<UploadOptions>(), slots, rig.Get<UploadHub>(), rig.Time);

    private sealed class Wrong : IBodyChecksum
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
        }

        public ChecksumVerdict Verify() => ChecksumVerdict.Mismatch;
    }

    /// <summary>Receives more bytes during its flush.</summary>
    private sealed class BusyWriter(IStoredFileWriter writer) : IStoredFileWriter, IPreallocatingWriter
    {
        public Action? DuringFlush { get; set; }

        public StoredFile File => writer.File;

        public async Task FlushAsync(bool final, CancellationToken cancellationToken)
        {
            await writer.FlushAsync(final, cancellationToken);
            DuringFlush?.Invoke();
        }

        public ValueTask BeforeWriteAsync(long bytes) => writer.BeforeWriteAsync(bytes);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => writer.Write(bytes, offset);

        public void CopyFrom(StoredFile source, long sourceOffset, long length, long offset, CancellationToken cancellationToken) =>
            writer.CopyFrom(source, sourceOffset, length, offset, cancellationToken);

        public void Trim(long length) => (writer as IPreallocatingWriter)?.Trim(length);

        public Task RenameDurablyAsync(CancellationToken cancellationToken) => writer.RenameDurablyAsync(cancellationToken);

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }
}
