using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E22: chunks move to their final offset while others arrive, and while they are read, reopened or deleted.</summary>
public sealed class MergeTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Chunks_that_came_in_random_order_end_as_one_file(int seed)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 20 * Part);
        var random = new Random(seed);
        foreach (var chunk in Enumerable.Range(0, 20).OrderBy(_ => random.Next()))
        {
            await session.MustPutAsync(chunk * (long)Part, Part);
            if (random.Next(3) == 0)
                await session.MergeAsync();
            await EngineInvariants.AssertCleanAsync(rig);
        }

        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        await AssertOneFileAsync(session);
    }

    [Fact]
    public async Task A_batch_takes_less_than_a_tenth_of_the_file_but_at_least_a_chunk()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 30 * Part);
        for (var chunk = 0; chunk < 30; chunk++)
            await session.MustPutAsync(chunk * (long)Part, Part);
        Assert.NotEqual(MergeStep.Nothing, await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None));

        Assert.InRange((await session.UploadAsync()).PlacedBytes, Part, 3 * Part);
        await session.MergeAsync();
        Assert.Equal(30 * Part, (await session.UploadAsync()).PlacedBytes);
    }

    [Fact]
    public async Task Chunk_that_is_the_whole_file_needs_no_copy()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.MustPutAsync(0, Part);
        Assert.Equal(MergeStep.Nothing, await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None));
        TestSession.Expect(await session.CompleteAsync());
        Assert.Equal(MergeStep.Nothing, await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None));
        Assert.Equal(StoredFileKind.Chunk, Assert.Single(rig.Store.Enumerate(CancellationToken.None)).Kind);
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_reader_whose_chunk_was_merged_away_reads_it_from_its_new_place()
    {
        var (rig, session) = await CompletedAsync(3);
        var looked = rig.Hooks.HoldAfter(nameof(IContentLedger.ExtentsAsync));
        var reading = session.ReadAsync();
        await looked.Reached;
        await session.MergeAsync();
        Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        looked.Open();

        Assert.Equal(session.Content, await reading);
    }

    [Fact]
    public async Task A_merge_at_every_moment_of_a_download_changes_no_byte()
    {
        var (rig, session) = await CompletedAsync(6);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var copying = rig.Contents.CopyAsync(
            Caller.Operator, await session.UploadAsync(), new ByteRange(5, (6 * Part) - 10), pipe.Writer, null, CancellationToken.None);
        var read = new MemoryStream();
        while (read.Length < (6 * Part) - 10)
        {
            var result = await pipe.Reader.ReadAsync();
            foreach (var run in result.Buffer)
                read.Write(run.Span);
            await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None);
            pipe.Reader.AdvanceTo(result.Buffer.End);
        }

        Assert.Null(await copying);
        Assert.Equal(session.Content[5..^5], read.ToArray());
    }

    [Fact]
    public async Task A_file_deleted_while_it_is_read_is_read_to_the_end_of_what_is_open_and_is_no_damage()
    {
        var (rig, session) = await CompletedAsync(3);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var copying = rig.Contents.CopyAsync(
            Caller.Operator, await session.UploadAsync(), new ByteRange(0, 3 * Part), pipe.Writer, null, CancellationToken.None);
        var first = await pipe.Reader.ReadAsync();
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, CancellationToken.None));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        pipe.Reader.AdvanceTo(first.Buffer.End);
        var rest = DrainAsync(pipe.Reader);

        var failure = await copying;
        await pipe.Writer.CompleteAsync();
        await rest;
        Assert.Equal(UploadError.Deleted, failure?.Error);
        Assert.Null((await session.UploadAsync()).DamagedAt);
        Assert.Equal(UploadError.Deleted, (await rig.Catalog.FileAsync(TestSession.Me, session.Id, CancellationToken.None)).Failure?.Error);
    }

    [Fact]
    public async Task A_merged_file_deleted_while_it_is_read_is_read_whole()
    {
        var (rig, session) = await CompletedAsync(3);
        await session.MergeAsync();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var copying = rig.Contents.CopyAsync(
            Caller.Operator, await session.UploadAsync(), new ByteRange(0, 3 * Part), pipe.Writer, null, CancellationToken.None);
        var first = await pipe.Reader.ReadAsync();
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, CancellationToken.None));
        pipe.Reader.AdvanceTo(first.Buffer.Start);
        var rest = DrainAsync(pipe.Reader);

        Assert.Null(await copying);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(session.Content, await rest);
    }

    [Fact]
    public async Task Bytes_that_are_gone_quarantine_a_finished_file_when_it_is_read()
    {
        var (rig, session) = await CompletedAsync(3);
        rig.Store.Delete((await session.ExtentsAsync())[1].File);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var failure = await rig.Contents.CopyAsync(
            Caller.Operator, await session.UploadAsync(), new ByteRange(0, 3 * Part), pipe.Writer, null, CancellationToken.None);

        Assert.Equal(UploadError.Damaged, failure?.Error);
        Assert.NotNull((await session.UploadAsync()).DamagedAt);
    }

    [Theory]
    [InlineData(nameof(IStoredFileWriter.CopyFrom), false)]
    [InlineData(nameof(IStoredFileWriter.CopyFrom), true)]
    [InlineData(nameof(IStoredFileWriter.FlushAsync), true)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), false)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), true)]
    public async Task A_range_taken_back_and_sent_anew_while_it_is_merged_has_its_new_bytes(string step, bool made)
    {
        var rig = await StartAsync();
        var wrong = await TestSession.CreateAsync(rig, 2 * Part);
        var right = wrong with { Content = TestSession.Bytes(2 * Part, seed: 8) };
        await wrong.MustPutAsync(0, Part);
        await right.MustPutAsync(Part, Part);
        var gate = made ? rig.Hooks.HoldAfter(step) : rig.Hooks.HoldBefore(step);
        var merging = Task.Run(async () => await rig.Merger.StepAsync(await right.UploadAsync(), CancellationToken.None));
        await gate.Reached;
        TestSession.Expect(await right.ReopenAsync(0, Part));
        await right.MustPutAsync(0, Part);
        gate.Open();
        await merging;
        await EngineInvariants.AssertTrueAsync(rig);

        await right.MergeAsync();
        TestSession.Expect(await right.CompleteAsync());
        await AssertOneFileAsync(right);
    }

    [Theory]
    [InlineData(nameof(IBackgroundLedger.UnplacedAsync), true)]
    [InlineData(nameof(IChunkStore.CreateAsync), true)]
    [InlineData(nameof(IBackgroundLedger.SetAssemblyAsync), false)]
    [InlineData(nameof(IBackgroundLedger.SetAssemblyAsync), true)]
    [InlineData(nameof(IStoredFileWriter.CopyFrom), false)]
    [InlineData(nameof(IStoredFileWriter.CopyFrom), true)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), false)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), true)]
    public async Task Cancelling_while_chunks_are_merged_leaves_nothing(string step, bool made)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        var gate = made ? rig.Hooks.HoldAfter(step) : rig.Hooks.HoldBefore(step);
        var merging = Task.Run(async () => await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None));
        await gate.Reached;
        TestSession.Expect(await session.CancelAsync());
        gate.Open();
        await merging;

        Assert.Null((await session.UploadAsync()).DamagedAt);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(nameof(IStoredFileWriter.CopyFrom), false)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), false)]
    [InlineData(nameof(IBackgroundLedger.PlaceAsync), true)]
    public async Task Deleting_a_finished_file_while_it_is_merged_leaves_nothing(string step, bool made)
    {
        var (rig, session) = await CompletedAsync(3);
        var gate = made ? rig.Hooks.HoldAfter(step) : rig.Hooks.HoldBefore(step);
        var merging = Task.Run(async () => await rig.Merger.StepAsync(await session.UploadAsync(), CancellationToken.None));
        await gate.Reached;
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, CancellationToken.None));
        gate.Open();
        await merging;

        Assert.Null((await session.UploadAsync()).DamagedAt);
        await EngineInvariants.AssertCleanAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_short_copy_is_continued()
    {
        var (rig, session) = await CompletedAsync(3);
        rig.Calls.Answer = call => call is { Name: nameof(ISyscalls.CopyFileRange), Length: > 7 } ? 7 : null;
        await session.MergeAsync();
        rig.Calls.Answer = null;
        await AssertOneFileAsync(session);
    }

    [Theory]
    [InlineData(-Errno.CrossDevice)]
    [InlineData(-Errno.NoSuchCall)]
    public async Task A_kernel_that_cannot_copy_between_files_is_helped(int answer)
    {
        var (rig, session) = await CompletedAsync(3);
        rig.Calls.Answer = call => call.Name == nameof(ISyscalls.CopyFileRange) ? answer : null;
        await session.MergeAsync();
        await AssertOneFileAsync(session);
    }

    [Fact]
    public async Task A_chunk_that_ends_early_when_it_is_copied_is_damage_and_says_where()
    {
        var (rig, session) = await CompletedAsync(3);
        var path = PrefixTests.PathOf(rig, (await session.ExtentsAsync())[1].File);
        await File.WriteAllBytesAsync(path, new byte[10]);
        await session.MergeAsync();

        Assert.NotNull((await session.UploadAsync()).DamagedAt);
        Assert.Contains(rig.Log.All, line => line.Contains($"bytes {Part}-{(2 * Part) - 1}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ledger_that_places_nothing_does_not_keep_the_background_busy()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        await session.MustPutAsync(0, Part);
        await rig.WhenIdleAsync();
        var placed = rig.Hooks.Count(nameof(IBackgroundLedger.PlaceAsync));
        var looking = rig.Hooks.HoldBefore(nameof(IBackgroundLedger.UnplacedAsync));
        await session.MustPutAsync(Part, Part);
        await looking.Reached;
        await using (var connection = await rig.ConnectAsync())
            await connection.ExecuteAsync("update incarnations set fenced_at = now()");
        looking.Open();
        await rig.WhenIdleAsync();

        Assert.Equal(placed + 1, rig.Hooks.Count(nameof(IBackgroundLedger.PlaceAsync)));
    }

    private async Task<(EngineRig Rig, TestSession Session)> CompletedAsync(int chunks)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, chunks * Part);
        for (var chunk = chunks - 1; chunk >= 0; chunk--)
            await session.MustPutAsync(chunk * (long)Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        return (rig, session);
    }

    private static async Task AssertOneFileAsync(TestSession session)
    {
        await session.AssertWholeAsync();
        Assert.Equal(StoredFileKind.Assembly, Assert.Single(session.Rig.Store.Enumerate(CancellationToken.None)).Kind);
        await EngineInvariants.AssertCleanAsync(session.Rig);
    }

    private static async Task<byte[]> DrainAsync(PipeReader reader)
    {
        using var bytes = new MemoryStream();
        await reader.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
