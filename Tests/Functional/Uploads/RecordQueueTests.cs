using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Group commit (E11), lost connections and lost answers (E10), on PostgreSQL.</summary>
public sealed class RecordQueueTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly Guid Store = Guid.NewGuid();

    private readonly Incarnation _incarnation = new();
    private PostgresUploadLedger _ledger = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        _ledger = fixture.Open(_incarnation);
        await _ledger.BeginIncarnationAsync(TestNode.Begun(Store, "boot", Durability.Committed), None);
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task Records_that_wait_for_a_commit_share_the_next_transaction()
    {
        var id = await NewAsync();
        var blocked = new[] { await NewAsync(), await NewAsync() };
        var records = new List<Task<RecordResult>>();
        await using (await fixture.HoldAsync(blocked[0]))
        await using (await fixture.HoldAsync(blocked[1]))
        {
            // Both workers wait, so all later records queue up.
            for (var worker = 0; worker < 2; worker++)
            {
                records.Add(_ledger.RecordChunkAsync(Chunk(blocked[worker], 0), None));
                await fixture.WaitingAsync(worker + 1);
            }

            for (var offset = 50; offset > 0; offset--)
                records.Add(_ledger.RecordChunkAsync(Chunk(id, offset), None));
        }

        Assert.All(await Task.WhenAll(records), answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
        // One worker may have taken its share before the other, but there are never fifty commits.
        Assert.InRange(await fixture.AskAsync<int>(
            "select count(distinct xmin::text) from extents where upload_id = @Id", new { Id = id.Value }), 1, 2);
    }

    [Fact]
    public async Task Few_records_wait_for_the_current_batch_and_many_or_old_ones_do_not()
    {
        var time = new ManualTime();
        var ledger = fixture.Open(_incarnation, queueTime: time);
        var held = new[] { await NewAsync(), await NewAsync() };
        var few = new List<Task<RecordResult>>();
        var many = new List<Task<RecordResult>>();
        Task<RecordResult>[] waiting;
        await using (await fixture.HoldAsync(held[1]))
        {
            await using (await fixture.HoldAsync(held[0]))
            {
                waiting = [ledger.RecordChunkAsync(Chunk(held[0], 0), None)];
                await fixture.WaitingAsync(1);
                var id = await NewAsync();
                for (var offset = 0; offset < RecordQueue.SecondWorkerThreshold - 1; offset++)
                    few.Add(ledger.RecordChunkAsync(Chunk(id, offset), None));
                // Other transactions can only see that none of them is recorded yet.
                await NewAsync();
                Assert.DoesNotContain(few, record => record.IsCompleted);

                time.Advance(RecordQueue.LongBatch + TimeSpan.FromMilliseconds(1));
                await Task.WhenAll(few);

                for (var offset = 0; offset < RecordQueue.SecondWorkerThreshold; offset++)
                    many.Add(ledger.RecordChunkAsync(Chunk(id, 500 + offset), None));
                await Task.WhenAll(many);
                Assert.False(waiting[0].IsCompleted);
            }

            Assert.Equal(RecordOutcome.Recorded, (await waiting[0]).Outcome);
            // No batch is running: the next record starts at once.
            waiting = [ledger.RecordChunkAsync(Chunk(held[1], 0), None)];
            await fixture.WaitingAsync(1);
        }

        Assert.Equal(RecordOutcome.Recorded, (await waiting[0]).Outcome);
        Assert.All(await Task.WhenAll([.. few, .. many]), answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
    }

    [Fact]
    public async Task Beside_a_batch_that_takes_long_every_record_goes_at_once()
    {
        var time = new ManualTime();
        var ledger = fixture.Open(_incarnation, queueTime: time);
        var (held, other) = (await NewAsync(), await NewAsync());
        Task<RecordResult> waiting;
        await using (await fixture.HoldAsync(held))
        {
            waiting = ledger.RecordChunkAsync(Chunk(held, 0), None);
            await fixture.WaitingAsync(1);
            time.Advance(RecordQueue.LongBatch + TimeSpan.FromMilliseconds(1));
            // The clock stands still from here on.
            for (var offset = 0; offset < 5; offset++)
                Assert.Equal(RecordOutcome.Recorded,
                    (await ledger.RecordChunkAsync(Chunk(other, offset), None).WaitAsync(Eventually.Limit)).Outcome);
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal(RecordOutcome.Recorded, (await waiting).Outcome);
    }

    [Fact]
    public async Task Wait_for_a_locked_row_delays_no_other_upload()
    {
        var ledger = fixture.Open(_incarnation, lockTimeout: TimeSpan.FromMilliseconds(50));
        var (held, other) = (await NewAsync(), await NewAsync());
        var waiting = new List<Task<RecordResult>>();
        await using (await fixture.HoldAsync(held))
        {
            for (var offset = 0; offset < 20; offset++)
            {
                waiting.Add(ledger.RecordChunkAsync(Chunk(held, offset), None));
                Assert.Equal(RecordOutcome.Recorded, (await ledger.RecordChunkAsync(Chunk(other, offset), None)).Outcome);
            }

            Assert.DoesNotContain(waiting, record => record.IsCompleted);
            // All separate records wait on one connection.
            await fixture.WaitingAsync(1);
        }

        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
        Assert.Equal(20, (await ledger.GetAsync(held, None))!.ChunkCount);
    }

    [Fact]
    public async Task Bad_row_of_a_batch_fails_alone()
    {
        var id = await NewAsync();
        var blocked = new[] { await NewAsync(), await NewAsync() };
        var good = new List<Task<RecordResult>>();
        Task<bool> bad;
        await using (await fixture.HoldAsync(blocked[0]))
        await using (await fixture.HoldAsync(blocked[1]))
        {
            for (var worker = 0; worker < 2; worker++)
            {
                good.Add(_ledger.RecordChunkAsync(Chunk(blocked[worker], 0), None));
                await fixture.WaitingAsync(worker + 1);
            }

            good.Add(_ledger.RecordChunkAsync(Chunk(id, 0), None));
            // A prefix without bytes violates the table's check.
            bad = _ledger.RecordPrefixAsync(
                id, new Prefix(500, 10, null, 0, Sha256Digest.OfNothing, [1], NewFile(), 1, _incarnation.Id), null, None);
            good.Add(_ledger.RecordChunkAsync(Chunk(id, 900), None));
        }

        await Assert.ThrowsAsync<PostgresException>(() => bad);
        Assert.All(await Task.WhenAll(good), answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
        Assert.Equal(2, (await _ledger.GetAsync(id, None))!.ChunkCount);
        Assert.Equal(0, await fixture.AskAsync<int>("select count(*) from prefixes"));
    }

    [Fact]
    public async Task Unreadable_row_does_not_keep_other_records_of_its_batch_back()
    {
        var ids = new[] { await NewAsync(), await NewAsync(), await NewAsync() };
        var blocked = await NewAsync();
        await fixture.AskAsync<int>($"""
            create function unreadable() returns trigger language plpgsql as $$
            begin
                raise exception 'could not read block 7' using errcode = 'io_error';
            end $$;
            create trigger unreadable before update on uploads for each row when (old.id = '{ids[1]}') execute function unreadable();
            select 0;
            """);
        try
        {
            List<Task<RecordResult>> waiting = [];
            await using (await fixture.HoldAsync(blocked))
            {
                waiting.Add(_ledger.RecordChunkAsync(Chunk(blocked, 0), None));
                await fixture.WaitingAsync(1);
                waiting.AddRange(ids.Select(id => _ledger.RecordChunkAsync(Chunk(id, 0), None)));
            }

            foreach (var record in waiting.Where((_, number) => number != 2))
                Assert.Equal(RecordOutcome.Recorded, (await record).Outcome);
            await Assert.ThrowsAsync<LedgerUnavailableException>(() => waiting[2]);
        }
        finally
        {
            await fixture.AskAsync<int>("drop trigger unreadable on uploads; drop function unreadable(); select 0");
        }
    }

    [Fact]
    public async Task Record_that_fails_at_commit_is_not_acknowledged()
    {
        var id = await NewAsync();
        await using var connection = await fixture.OpenAsync();
        // Checked at commit, not before.
        await connection.ExecuteAsync("""
            create function refuse_commit() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
            create constraint trigger refuse_commit after insert on extents deferrable initially deferred
                for each row execute function refuse_commit()
            """);
        try
        {
            await Assert.ThrowsAsync<PostgresException>(() => _ledger.RecordChunkAsync(Chunk(id, 0), None));
        }
        finally
        {
            await connection.ExecuteAsync("drop trigger refuse_commit on extents; drop function refuse_commit()");
        }

        Assert.Equal(0, (await _ledger.GetAsync(id, None))!.ChunkCount);
    }

    [Fact]
    public async Task A_record_whose_connection_breaks_is_repeated()
    {
        var id = await NewAsync();
        Task<RecordResult> record;
        await using (await fixture.HoldAsync(id))
        {
            record = _ledger.RecordChunkAsync(Chunk(id, 0), None);
            await fixture.WaitingAsync(1);
            Assert.Equal(1, await fixture.AskAsync<int>(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = "
                    + "'Lock'"));
            await fixture.WaitingAsync(1);
        }

        Assert.Equal(RecordOutcome.Recorded, (await record).Outcome);
        Assert.Equal(1, (await _ledger.GetAsync(id, None))!.ChunkCount);
    }

    [Fact]
    public async Task Cancelled_wait_does_not_cancel_the_record()
    {
        var id = await NewAsync();
        using var impatient = new CancellationTokenSource();
        var chunk = Chunk(id, 0);
        await using (await fixture.HoldAsync(id))
        {
            var record = _ledger.RecordChunkAsync(chunk, impatient.Token);
            await fixture.WaitingAsync(1);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => record);
        }

        // The next record of the same file waits for it, or finds it.
        Assert.Equal(RecordOutcome.Recorded, (await _ledger.RecordChunkAsync(chunk, None)).Outcome);
        Assert.Equal(1, (await _ledger.GetAsync(id, None))!.ChunkCount);
    }

    [Fact]
    public async Task A_lost_answer_is_settled_by_repeating()
    {
        var id = await NewAsync();
        var time = new ManualTime();
        var calls = new LedgerCalls(fixture.Database, time, NullLogger<LedgerCalls>.Instance);
        var tries = new List<bool>();
        var end = calls.RunAsync(
            async (connection, repeated, token) =>
            {
                tries.Add(repeated);
                await connection.ExecuteAsync("update uploads set state_reason = 'once' where id = @Id", new { Id = id.Value });
                return tries.Count > 1 ? "heard" : throw new NpgsqlException("the answer was lost");
            },
            None);

        await Task.WhenAny(end, time.PassAsync(LedgerCalls.FirstPause));

        Assert.Equal("heard", await end);
        Assert.Equal([false, true], tries);
    }

    [Fact]
    public async Task Dead_pool_is_detected_by_the_first_attempt()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.OpenAsync()));
        foreach (var connection in opened[1..])
            await connection.DisposeAsync();
        await opened[0].ExecuteAsync(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> "
                + "pg_backend_pid() and state = 'idle'");
        var calls = new LedgerCalls(fixture.Database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var tries = 0;

        await calls.RunAsync(
            (connection, token) =>
            {
                tries++;
                return connection.ExecuteScalarAsync<int>("select 1");
            },
            None);

        Assert.InRange(tries, 1, 2);
        await opened[0].DisposeAsync();
    }

    [Fact]
    public async Task After_five_seconds_the_ledger_is_unavailable()
    {
        var time = new ManualTime();
        var calls = new LedgerCalls(fixture.Database, time, NullLogger<LedgerCalls>.Instance);
        var tries = 0;
        var end = calls.RunAsync<bool>(
            (_, _) =>
            {
                tries++;
                throw new NpgsqlException("nobody answers");
            },
            None);

        while (!end.IsCompleted)
        {
            await Task.WhenAny(end, time.PassNextAsync());
        }

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => end);
        Assert.InRange(time.GetElapsedTime(0), TimeSpan.FromSeconds(3), LedgerCalls.Patience);
        Assert.InRange(tries, 5, 12);
    }

    [Fact]
    public async Task An_error_that_repeating_cannot_mend_comes_out_as_it_is()
    {
        var calls = new LedgerCalls(fixture.Database, new ManualTime(), NullLogger<LedgerCalls>.Instance);

        await Assert.ThrowsAsync<PostgresException>(
            () => calls.RunAsync((connection, token) => connection.ExecuteAsync("select 1/0"), None));
    }

    private StoredFile NewFile() => StoredFile.New(Store, StoredFileKind.Chunk, _incarnation.Id);

    private NewChunk Chunk(UploadId id, long offset) =>
        new(id, new ByteRange(offset, 1), Sha256Digest.OfNothing, NewFile(),
            DateTimeOffset.UnixEpoch);

    private async Task<UploadId> NewAsync()
    {
        var created = await _ledger.CreateAsync(
            new NewUpload(UploadId.New(), Caller.Operator, UploadProtocol.Session, "f", "t", new Dictionary<string, string>(), 1000, null,
                TimeSpan.FromHours(1), null, null),
            None);
        return created.Value!.Upload.Id;
    }
}
