using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E8, E10, E28: chunks that are recorded while the upload changes, and lost answers.</summary>
public sealed class RecordingTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Half = 50_000;

    /// <summary>The writer's step during the other operation, and whether its call was already made.</summary>
    public static TheoryData<string, bool> Steps => new()
    {
        { nameof(IChunkStore.CreateAsync), false }, { nameof(IChunkStore.CreateAsync), true },
        { nameof(IStoredFileWriter.Write), false }, { nameof(IStoredFileWriter.Write), true },
        { nameof(IStoredFileWriter.RenameDurablyAsync), false }, { nameof(IStoredFileWriter.RenameDurablyAsync), true },
        { nameof(IChunkLedger.RecordChunkAsync), false }, { nameof(IChunkLedger.RecordChunkAsync), true },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Cancelling_while_a_chunk_is_under_way_leaves_nothing(string step, bool made)
    {
        var (rig, session) = await HalfAsync();
        var gate = Hold(rig, step, made);
        var writing = session.PutAsync(Half, Half);
        await gate.Reached;
        var cancelling = session.CancelAsync();
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        Assert.Equal(UploadState.Cancelled, TestSession.Expect(await cancelling).State);
        gate.Open();

        AssertEnded(await writing, UploadError.Cancelled, recorded: step == nameof(IChunkLedger.RecordChunkAsync) && made);
        await EngineInvariants.AssertCleanAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        Assert.Equal(UploadError.Cancelled, (await session.PutAsync(0, Half)).Failure?.Error);
        Assert.Equal(UploadError.Cancelled, (await session.StatusAsync(0)).Failure?.Error);
        Assert.Equal(UploadState.Cancelled, TestSession.Expect(await session.CancelAsync()).State);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Purging_while_a_chunk_is_under_way_leaves_nothing(string step, bool made)
    {
        var (rig, session) = await HalfAsync();
        var gate = Hold(rig, step, made);
        var writing = session.PutAsync(Half, Half);
        await gate.Reached;
        await rig.AgeAsync(TimeSpan.FromHours(25));
        await PurgeAsync(rig);
        Assert.Equal(UploadState.Expired, (await session.UploadAsync()).State);
        gate.Open();

        AssertEnded(await writing, UploadError.Expired, recorded: step == nameof(IChunkLedger.RecordChunkAsync) && made);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Completing_while_the_last_chunk_is_under_way_says_what_is_missing_until_it_is_recorded(string step, bool made)
    {
        var (rig, session) = await HalfAsync();
        var gate = Hold(rig, step, made);
        var writing = session.PutAsync(Half, Half);
        await gate.Reached;
        var completed = await session.CompleteAsync();
        if (step == nameof(IChunkLedger.RecordChunkAsync) && made)
            TestSession.Expect(completed);
        else
            Assert.Equal([new ByteRange(Half, Half)], completed.Failure!.Missing!);
        gate.Open();

        TestSession.Expect(await writing);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Taking_the_range_back_while_its_chunk_is_under_way_hits_only_what_is_recorded(string step, bool made)
    {
        var (rig, session) = await HalfAsync();
        var gate = Hold(rig, step, made);
        var writing = session.PutAsync(Half, Half);
        await gate.Reached;
        var recorded = step == nameof(IChunkLedger.RecordChunkAsync) && made;
        Assert.Equal(recorded ? null : UploadError.NoSuchRange, (await session.ReopenAsync(Half, Half)).Failure?.Error);
        gate.Open();

        TestSession.Expect(await writing);
        Assert.Equal(recorded ? Half : 2 * Half, (await session.UploadAsync()).ReceivedBytes);
        await EngineInvariants.AssertCleanAsync(rig);
        await session.PutAsync(Half, Half);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_previous_writer_with_the_same_chunk_after_completion_is_told_that_it_is_there()
    {
        var (rig, session) = await HalfAsync();
        var recording = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));
        var previous = session.PutAsync(Half, Half);
        await recording.Reached;
        await TakeOverAsync(rig);
        await session.MustPutAsync(Half, Half);
        TestSession.Expect(await session.CompleteAsync());
        recording.Open();

        Assert.False(TestSession.Expect(await previous).Fresh);
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);

        Task TakeOverAsync(EngineRig rig)
        {
            var looking = session.KeptAsync(Half);
            return AdvanceAsync(looking, rig);
        }
    }

    [Fact]
    public async Task A_previous_writer_with_other_bytes_after_completion_is_refused()
    {
        var (rig, session) = await HalfAsync();
        var other = session with { Content = TestSession.Bytes(2 * Half, seed: 6) };
        var recording = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));
        var previous = other.PutAsync(Half, Half);
        await recording.Reached;
        await AdvanceAsync(session.KeptAsync(Half), rig);
        await session.MustPutAsync(Half, Half);
        TestSession.Expect(await session.CompleteAsync());
        recording.Open();

        Assert.Contains((await previous).Failure!.Error, new[] { UploadError.Overlap, UploadError.AlreadyCompleted });
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_cancel_waits_for_a_commit_that_stalls_and_then_takes_its_chunk_too()
    {
        var (rig, session) = await HalfAsync();
        var (connection, transaction) = await StallAsync(rig, session);
        await using (connection)
        {
            var cancelling = session.CancelAsync();
            await WhenWaitingAsync(rig);
            Assert.False(cancelling.IsCompleted);
            await transaction.CommitAsync();
            TestSession.Expect(await cancelling);
        }

        await EngineInvariants.AssertTrueAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_purge_passes_by_an_upload_whose_commit_stalls_and_finds_it_alive_afterwards()
    {
        var (rig, session) = await HalfAsync();
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var (connection, transaction) = await StallAsync(rig, session);
        await using (connection)
        {
            await PurgeAsync(rig);
            Assert.Equal(UploadState.Open, (await session.UploadAsync()).State);
            await transaction.CommitAsync();
        }

        await PurgeAsync(rig);
        Assert.Equal((UploadState.Open, 2L * Half), ((await session.UploadAsync()).State, (await session.UploadAsync()).ReceivedBytes));
    }

    [Fact]
    public async Task A_purge_and_a_sweep_while_a_commit_stalls_take_nothing_of_what_it_records()
    {
        var (rig, session) = await HalfAsync();
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var (connection, transaction) = await StallAsync(rig, session);
        await using (connection)
        {
            await PurgeAsync(rig);
            await EngineInvariants.SweepAsync(rig);
            Assert.Equal(2, rig.Store.Enumerate(CancellationToken.None).Count());
            await transaction.CommitAsync();
        }

        await PurgeAsync(rig);
        await EngineInvariants.SweepAsync(rig);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_record_whose_answer_was_lost_is_settled_by_repeating_and_nothing_is_unlinked()
    {
        var (rig, session) = await HalfAsync();
        rig.Hooks.LoseAnswer(nameof(IChunkLedger.RecordChunkAsync), Lost);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.PutAsync(Half, Half));

        Assert.False((await session.MustPutAsync(Half, Half)).Fresh);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_record_that_never_arrived_leaves_a_file_that_only_the_next_incarnation_sweeps()
    {
        var (first, session) = await HalfAsync();
        first.Hooks.Fail(nameof(IChunkLedger.RecordChunkAsync), Lost);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.PutAsync(Half, Half));
        Assert.True((await session.MustPutAsync(Half, Half)).Fresh);
        await EngineInvariants.SweepAsync(first);
        Assert.Equal(3, first.Store.Enumerate(CancellationToken.None).Count());

        var rig = Keep(await first.RestartAsync());
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_prefix_whose_record_got_no_answer_is_kept_or_not_and_the_chunk_continues_either_way(bool recorded)
    {
        var (rig, session) = await HalfAsync();
        if (recorded)
            rig.Hooks.LoseAnswer(nameof(IChunkLedger.RecordPrefixAsync), Lost);
        else
            rig.Hooks.Fail(nameof(IChunkLedger.RecordPrefixAsync), Lost);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.BreakAsync(Half, Half, 1000));

        var kept = await session.KeptAsync(Half);
        Assert.Equal(recorded ? 1000 : 0, kept);
        await session.MustPutAsync(Half, Half, kept);
        await EngineInvariants.AssertTrueAsync(rig);
    }

    [Fact]
    public async Task A_completion_whose_answer_was_lost_can_be_repeated()
    {
        var (rig, session) = await HalfAsync();
        await session.MustPutAsync(Half, Half);
        rig.Hooks.LoseAnswer(nameof(IUploadLedger.BeginCompleteAsync), Lost);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.CompleteAsync());

        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Of_a_cancel_and_a_complete_at_once_one_wins_and_a_finished_file_stays()
    {
        var (rig, session) = await HalfAsync();
        await session.MustPutAsync(Half, Half);
        var ending = rig.Hooks.HoldBefore(nameof(IUploadLedger.EndAsync));
        var cancelling = session.CancelAsync();
        await ending.Reached;
        TestSession.Expect(await session.CompleteAsync());
        ending.Open();

        Assert.Equal(UploadError.AlreadyCompleted, (await cancelling).Failure?.Error);
        await session.AssertWholeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fenced_incarnation_records_nothing_and_leaves_its_file_to_the_sweeper_where_it_cannot_be_sure(bool sure)
    {
        var (rig, session) = await HalfAsync();
        var before = rig.Store.Enumerate(CancellationToken.None).ToHashSet();
        var recording = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));
        var writing = session.PutAsync(Half, Half);
        await recording.Reached;
        var file = Assert.Single(rig.Store.Enumerate(CancellationToken.None), file => !before.Contains(file));
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync("update incarnations set fenced_at = now()");
        if (!sure)
            rig.Hooks.Fail(nameof(IReclaimLedger.HasFileAsync), () => new LedgerUnavailableException("away"));
        recording.Open();

        Assert.Equal(UploadError.Stopping, (await writing).Failure?.Error);
        Assert.Equal(Half, (await session.UploadAsync()).ReceivedBytes);
        Assert.Equal(!sure, rig.Store.Enumerate(CancellationToken.None).Contains(file));
        await EngineInvariants.SweepAsync(rig);
        Assert.Equal(before, rig.Store.Enumerate(CancellationToken.None).ToHashSet());
        await EngineInvariants.AssertTrueAsync(rig);
    }

    [Theory]
    [InlineData(nameof(IChunkLedger.RecordChunkAsync))]
    [InlineData(nameof(IChunkLedger.RecordPrefixAsync))]
    public async Task A_record_whose_answer_was_lost_and_that_is_repeated_by_a_fenced_incarnation_keeps_its_file(string call)
    {
        var (rig, session) = await HalfAsync();
        var recording = rig.Hooks.HoldBefore(call);
        Task writing = call == nameof(IChunkLedger.RecordChunkAsync) ? session.PutAsync(Half, Half) : session.BreakAsync(Half, Half, 1000);
        await recording.Reached;
        var made = rig.Hooks.Seen.Last(seen => seen.Name == call);
        if (made.Argument<NewChunk>() is { } chunk)
            await rig.Ledger.RecordChunkAsync(chunk, CancellationToken.None);
        else
            Assert.True(await rig.Ledger.RecordPrefixAsync(session.Id, made.Argument<Prefix>()!, null, CancellationToken.None));
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync("update incarnations set fenced_at = now()");
        recording.Open();
        await writing;

        // The incarnation that has fenced it continues with what it found recorded.
        await EngineInvariants.AssertTrueAsync(rig);
    }

    private async Task<(EngineRig Rig, TestSession Session)> HalfAsync()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Half);
        await session.MustPutAsync(0, Half);
        return (rig, session);
    }

    private static Gate Hold(EngineRig rig, string step, bool made) => made ? rig.Hooks.HoldAfter(step) : rig.Hooks.HoldBefore(step);

    private static Exception Lost() => new LedgerUnavailableException("The answer was lost.");

    private static void AssertEnded(Result<ChunkReceipt> result, UploadError error, bool recorded)
    {
        if (recorded)
            TestSession.Expect(result);
        else
            Assert.Equal(error, result.Failure?.Error);
    }

    private static async Task PurgeAsync(EngineRig rig) =>
        await new PurgeStaleSessions(
            rig.Ledger, rig.Remover, rig.Get<TrashPurger>(), rig.Get<NetworkBook>(), Options.Create(rig.Get<UploadOptions>()))
            .RunAsync(new SilentProgress(), CancellationToken.None);

    private static async Task AdvanceAsync(Task until, EngineRig rig)
    {
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        await until;
    }

    /// <summary>The second half, durable and recorded in an uncommitted transaction.</summary>
    private static async Task<(NpgsqlConnection Connection, NpgsqlTransaction Transaction)> StallAsync(EngineRig rig, TestSession session)
    {
        var file = StoredFile.New(rig.Store.Id, StoredFileKind.Chunk, rig.Incarnation);
        await using (var writer = await rig.Store.CreateAsync(file, Half, CancellationToken.None))
        {
            writer.Write(session.Part(Half, Half).Span, 0);
            await writer.RenameDurablyAsync(CancellationToken.None);
        }

        var connection = await rig.ConnectAsync();
        var transaction = await connection.BeginTransactionAsync();
        Assert.Equal("recorded", await connection.ExecuteScalarAsync<string>(
            "select outcome from record_chunk(@Incarnation, @Id, @Half, @Half, @Sha256, @File, @Kind::smallint, @Incarnation, now(), null)",
            new
            {
                rig.Incarnation,
                Id = session.Id.Value,
                Half = (long)Half,
                Sha256 = session.DigestOf(Half, Half).ToArray(),
                File =
                file.Unique,
                Kind = (int)file.Kind
            },
            transaction));
        return (connection, transaction);
    }

    private static async Task WhenWaitingAsync(EngineRig rig)
    {
        await using var connection = await rig.ConnectAsync();
        await Eventually.HoldsAsync(async () => await connection.ExecuteScalarAsync<int>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0);
    }
}
