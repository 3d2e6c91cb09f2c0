using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E24, E25, E26: finishing happens once, publishes nothing wrong, and waits for no copy.</summary>
public sealed class FinishTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Size = 100_000;

    [Fact]
    public async Task Complete_twice_at_once_is_one_completion()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        var gates = new[]
        {
            rig.Hooks.HoldBefore(nameof(IUploadLedger.BeginCompleteAsync)),
            rig.Hooks.HoldBefore(nameof(IUploadLedger.BeginCompleteAsync)),
        };
        var both = new[] { session.CompleteAsync(), session.CompleteAsync() };
        await Task.WhenAll(gates.Select(gate => gate.Reached));
        foreach (var gate in gates)
            gate.Open();

        var results = (await Task.WhenAll(both)).Select(TestSession.Expect).ToList();
        Assert.Equal(results[0].CompletedAt, results[1].CompletedAt);
        await using var connection = await rig.ConnectAsync();
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from events where kind = 'completed'"));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Complete_with_gaps_names_them_and_the_session_stays_open()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Size);
        await session.MustPutAsync(10, 20);
        await session.MustPutAsync(30, 10);
        await session.MustPutAsync(50, 10);

        var failure = (await session.CompleteAsync()).Failure!;
        Assert.Equal(UploadError.MissingRanges, failure.Error);
        Assert.Equal([new ByteRange(0, 10), new ByteRange(40, 10), new ByteRange(60, Size - 60)], failure.Missing!);
        Assert.Equal(UploadState.Open, (await session.UploadAsync()).State);
    }

    [Fact]
    public async Task A_zero_byte_file_needs_no_chunk()
    {
        var rig = await StartAsync();
        var announced = await TestSession.CreateAsync(rig, 0);
        var unannounced = await TestSession.CreateAsync(rig, 0, announce: false);
        foreach (var completed in new[] { await announced.CompleteAsync(), await unannounced.CompleteAsync(0, Sha256Digest.OfNothing) })
            Assert.Equal((0L, Sha256Digest.OfNothing), (TestSession.Expect(completed).Size!.Value, completed.Value!.Sha256!.Value));

        await announced.AssertWholeAsync();
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_zero_byte_file_with_another_digest_is_refused()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 0);
        Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(0, Sha256Digest.Of([1]))).Failure?.Error);
        TestSession.Expect(await session.CompleteAsync());
    }

    [Fact]
    public async Task A_wrong_file_digest_publishes_nothing_and_a_range_can_be_taken_back_and_corrected()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var wrong = await TestSession.CreateAsync(rig, Size);
        var right = wrong with { Content = [.. wrong.Content] };
        wrong.Content[70_000] ^= 1;
        await wrong.MustPutAsync(0, 50_000);
        await wrong.MustPutAsync(50_000, 50_000);
        await rig.WhenIdleAsync();

        var failure = (await right.CompleteAsync(sha256: Sha256Digest.Of(right.Content))).Failure!;
        Assert.Equal(UploadError.FileDigestMismatch, failure.Error);
        Assert.Equal(UploadState.Open, (await right.UploadAsync()).State);
        Assert.Equal(
            UploadError.NotCompleted,
            (await rig.Catalog.FileAsync(TestSession.Me, right.Id, CancellationToken.None)).Failure?.Error);
        // The digest is known now, so the repeated request is answered at once.
        Assert.Equal(UploadError.FileDigestMismatch, (await right.CompleteAsync(sha256: Sha256Digest.Of(right.Content))).Failure?.Error);

        Assert.Equal(50_000, TestSession.Expect(await right.ReopenAsync(50_000, 50_000)).ReceivedBytes);
        await right.MustPutAsync(50_000, 50_000);
        var completed = TestSession.Expect(await right.CompleteAsync(sha256: Sha256Digest.Of(right.Content)));
        Assert.Equal(Sha256Digest.Of(right.Content), completed.Sha256);
        await right.AssertWholeAsync();
        await rig.WhenIdleAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_wrong_file_digest_can_be_corrected_by_naming_the_right_one()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await WholeAsync(rig);
        Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(sha256: Sha256Digest.OfNothing)).Failure?.Error);
        Assert.Equal(Sha256Digest.Of(session.Content),
            TestSession.Expect(await session.CompleteAsync(sha256: Sha256Digest.Of(session.Content))).Sha256);
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Taking_back_half_a_chunk_is_refused()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        Assert.Equal(UploadError.Overlap, (await session.ReopenAsync(10, 20)).Failure?.Error);
        Assert.Equal(Size, (await session.UploadAsync()).ReceivedBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_digest_declared_at_creation_grows_along_the_front_in_any_order_and_over_restarts(int seed)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Size, declare: true);
        var random = new Random(seed);
        var order = Enumerable.Range(0, 10).OrderBy(_ => random.Next()).ToArray();
        for (var i = 0; i < order.Length; i++)
        {
            await session.MustPutAsync(order[i] * 10_000L, 10_000);
            if (i % 3 == 2)
                rig = Keep(i % 2 == 0 ? await rig.CrashAsync() : await rig.RestartAsync());
            session = session.In(rig);
            await session.SettleAsync();
            var front = Enumerable.Range(0, 10).TakeWhile(chunk => order.Take(i + 1).Contains(chunk)).Count() * 10_000;
            Assert.Equal(front, (await session.UploadAsync()).HashedBytes);
        }

        var completed = TestSession.Expect(await session.CompleteAsync());
        Assert.Equal((UploadState.Completed, Sha256Digest.Of(session.Content)), (completed.State, completed.Sha256!.Value));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task No_byte_is_hashed_twice_while_the_front_grows()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Size, declare: true);
        await session.MustPutAsync(0, 50_000);
        await session.SettleAsync();
        // Hashed bytes are not read again, so it does not matter that the file is gone.
        rig.Store.Delete(Assert.Single((await session.ExtentsAsync()).Select(extent => extent.File).Distinct()));
        await session.MustPutAsync(50_000, 50_000);
        Assert.True(await rig.Hasher.StepAsync(await session.UploadAsync(), CancellationToken.None));

        Assert.Equal(Sha256Digest.Of(session.Content), TestSession.Expect(await session.CompleteAsync()).Sha256);
    }

    [Fact]
    public async Task A_digest_never_declared_is_null_at_first_and_computed_afterwards()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        Assert.Null(TestSession.Expect(await session.CompleteAsync()).Sha256);
        await session.SettleAsync();

        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
        Assert.Equal(Sha256Digest.Of(session.Content),
            TestSession.Expect(await session.CompleteAsync(Size, Sha256Digest.Of(session.Content))).Sha256);
        Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(Size, Sha256Digest.OfNothing)).Failure?.Error);
        Assert.Equal(UploadError.SizeMismatch, (await session.CompleteAsync(Size + 1)).Failure?.Error);
    }

    [Fact]
    public async Task A_digest_named_while_the_one_never_declared_is_computed_is_compared_when_that_is_there()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        TestSession.Expect(await session.CompleteAsync());
        var patient = session.CompleteAsync(sha256: Sha256Digest.Of(session.Content));
        await rig.Time.PassAsync(rig.Get<UploadOptions>().CompleteWait);
        var unknown = TestSession.Expect(await patient);
        Assert.Equal((UploadState.Completed, null), (unknown.State, unknown.Sha256));

        var wrong = session.CompleteAsync(sha256: Sha256Digest.OfNothing);
        await rig.Time.WaitForTimerAsync(rig.Get<UploadOptions>().CompleteWait);
        await session.SettleAsync();
        rig.Time.Advance(rig.Get<UploadOptions>().CompleteWait);
        Assert.Equal(UploadError.FileDigestMismatch, (await wrong).Failure?.Error);
        Assert.Equal(Sha256Digest.Of(session.Content),
            TestSession.Expect(await session.CompleteAsync(sha256: Sha256Digest.Of(session.Content))).Sha256);
        await session.AssertWholeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_requests_that_complete_with_different_digests_get_answers_of_their_own(bool firstIsRight)
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        var (right, wrong) = (Sha256Digest.Of(session.Content), Sha256Digest.OfNothing);
        var first = session.CompleteAsync(sha256: firstIsRight ? right : wrong);
        await rig.Time.WaitForTimerAsync(rig.Get<UploadOptions>().CompleteWait);
        Assert.Equal(UploadError.Completing, (await session.CompleteAsync(sha256: firstIsRight ? wrong : right)).Failure?.Error);
        await session.SettleAsync();
        rig.Time.Advance(rig.Get<UploadOptions>().CompleteWait);

        if (firstIsRight)
        {
            Assert.Equal(right, TestSession.Expect(await first).Sha256);
            Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(sha256: wrong)).Failure?.Error);
        }
        else
        {
            Assert.Equal(UploadError.FileDigestMismatch, (await first).Failure?.Error);
            Assert.Equal(right, TestSession.Expect(await session.CompleteAsync(sha256: right)).Sha256);
        }

        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Client_that_did_not_wait_finds_a_wrong_digest_among_the_failures()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        var completing = session.CompleteAsync(sha256: Sha256Digest.OfNothing);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().CompleteWait);
        Assert.Equal(UploadState.Completing, TestSession.Expect(await completing).State);
        await session.SettleAsync();

        var status = TestSession.Expect(await rig.Catalog.StatusAsync(TestSession.Me, session.Id, CancellationToken.None));
        Assert.Equal((UploadState.Open, 1), (status.Upload.State, status.Upload.FailureCount));
        Assert.Equal("file-digest", Assert.Single(status.Failures.Last).Kind);
        Assert.NotNull(status.Upload.StateReason);
        Assert.Null(TestSession.Expect(await session.ReopenAsync(0, Size)).StateReason);
    }

    [Fact]
    public async Task Only_a_session_is_completed_by_its_clients_word()
    {
        var rig = await StartAsync();
        var stream = TestSession.Expect(await rig.Intake.CreateAsync(TestStream.Describe(null), CancellationToken.None)).Upload;

        var result = await rig.Finisher.CompleteAsync(TestSession.Me, stream.Id, 0, null, CancellationToken.None);

        Assert.Equal(UploadError.WrongProtocol, result.Failure?.Error);
        Assert.Equal(UploadState.Open, (await rig.Ledger.GetAsync(stream.Id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_key_that_has_made_a_session_leads_to_it_on_a_volume_that_takes_no_other_one()
    {
        var rig = await StartAsync();
        var made = TestSession.Expect(await CreateAsync("key"));
        rig.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await Assert.ThrowsAnyAsync<StoreException>(() => WriteAsync(rig));

        Assert.Equal((made.Upload.Id, false),
            (TestSession.Expect(await CreateAsync("key")).Upload.Id, TestSession.Expect(await CreateAsync("key")).Fresh));
        Assert.Equal(UploadError.StoreDegraded, (await CreateAsync("another")).Failure?.Error);

        Task<Result<CreatedUpload>> CreateAsync(string key) => rig.Intake.CreateAsync(
            new WantedUpload(TestSession.Me, UploadProtocol.Session, "film.mp4", "video/mp4")
            { Size = Size, IdempotencyKey = key, IdempotencyHash = Sha256Digest.OfNothing },
            CancellationToken.None);
    }

    private static async Task WriteAsync(EngineRig rig)
    {
        await using var writer =
            await rig.Store.CreateAsync(StoredFile.New(rig.Store.Id, StoredFileKind.Chunk, rig.Incarnation), 1, CancellationToken.None);
        writer.Write([1], 0);
        await writer.FlushAsync(final: true, CancellationToken.None);
    }

    [Fact]
    public async Task A_digest_declared_at_the_end_is_computed_first_and_the_client_may_ask_again()
    {
        var rig = await StartAsync();
        var session = await WholeAsync(rig);
        var completing = session.CompleteAsync(sha256: Sha256Digest.Of(session.Content));
        await rig.Time.PassAsync(rig.Get<UploadOptions>().CompleteWait);
        Assert.Equal(UploadState.Completing, TestSession.Expect(await completing).State);
        Assert.Equal(UploadError.Completing, (await session.ReopenAsync(0, Size)).Failure?.Error);

        await session.SettleAsync();
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_completion_that_a_crash_cut_off_is_finished_by_the_next_incarnation()
    {
        var first = await StartAsync();
        var session = await WholeAsync(first);
        var completing = session.CompleteAsync(sha256: Sha256Digest.Of(session.Content));
        await first.Time.PassAsync(first.Get<UploadOptions>().CompleteWait);
        await completing;

        var rig = Keep(await first.CrashAsync(new EngineSetup { Background = true }));
        session = session.In(rig);
        await rig.Hooks.WhenSeenAsync(nameof(IBackgroundLedger.SaveHashAsync), 1);
        await rig.WhenIdleAsync();
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_range_taken_back_while_it_is_hashed_does_not_count()
    {
        var rig = await StartAsync();
        var wrong = await TestSession.CreateAsync(rig, Size);
        var right = wrong with { Content = [.. wrong.Content] };
        wrong.Content[5] ^= 1;
        await using (var connection = await rig.ConnectAsync())
            await connection.ExecuteAsync(
                "update uploads set declared_sha256 = @Digest", new { Digest = Sha256Digest.Of(right.Content).ToArray() });
        await wrong.MustPutAsync(0, Size);
        var saving = rig.Hooks.HoldBefore(nameof(IBackgroundLedger.SaveHashAsync));
        var hashing = rig.Hasher.StepAsync(await right.UploadAsync(), CancellationToken.None);
        await saving.Reached;
        TestSession.Expect(await right.ReopenAsync(0, Size));
        await right.MustPutAsync(0, Size);
        saving.Open();
        await hashing;

        Assert.Equal(0, (await right.UploadAsync()).HashedBytes);
        await right.SettleAsync();
        TestSession.Expect(await right.CompleteAsync());
        await right.AssertWholeAsync();
    }

    [Fact]
    public async Task Bytes_lost_under_the_hasher_quarantine_the_upload()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Size, declare: true);
        await session.MustPutAsync(0, Size);
        rig.Store.Delete(Assert.Single(rig.Store.Enumerate(CancellationToken.None)));
        Assert.False(await rig.Hasher.StepAsync(await session.UploadAsync(), CancellationToken.None));

        Assert.Equal(UploadError.Damaged, (await session.CompleteAsync()).Failure?.Error);
        Assert.Equal(UploadError.Damaged, (await session.StatusAsync(0)).Failure?.Error);
    }

    [Theory]
    [InlineData("remove")]
    [InlineData("truncate")]
    public async Task Bytes_lost_while_the_service_was_down_are_noticed_before_the_first_answer(string fate)
    {
        var first = await StartAsync();
        var session = await WholeAsync(first);
        TestSession.Expect(await session.CompleteAsync());
        var path = PrefixTests.PathOf(first, (await session.ExtentsAsync())[0].File);
        await first.StopAsync();
        if (fate == "remove")
            File.Delete(path);
        else
            await File.WriteAllBytesAsync(path, new byte[10]);
        var rig = Keep(await first.RestartAsync());
        session = session.In(rig);

        Assert.Equal(UploadError.Damaged, (await rig.Catalog.FileAsync(TestSession.Me, session.Id, CancellationToken.None)).Failure?.Error);
        Assert.Equal(UploadError.Damaged, (await session.PutAsync(0, 10)).Failure?.Error);
        Assert.Equal(UploadError.Damaged, (await session.StatusAsync(0)).Failure?.Error);
        // A damaged file can be deleted.
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, CancellationToken.None));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_status_after_a_restart_finds_the_loss_too()
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Size);
        await session.MustPutAsync(0, 10);
        first.Store.Delete(Assert.Single(first.Store.Enumerate(CancellationToken.None)));
        var rig = Keep(await first.RestartAsync());

        Assert.Equal(UploadError.Damaged, (await session.In(rig).StatusAsync(0)).Failure?.Error);
    }

    private static async Task<TestSession> WholeAsync(EngineRig rig)
    {
        var session = await TestSession.CreateAsync(rig, Size);
        await session.MustPutAsync(50_000, 50_000);
        await session.MustPutAsync(0, 50_000);
        return session;
    }
}
