using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>A record that comes alone is made by whoever asks for it, where that is a thread that may wait.</summary>
public sealed class RecordHereTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly Incarnation _incarnation = new();
    private readonly ManualTime _time = new();
    private PostgresUploadLedger _ledger = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        _ledger = await OpenAsync(_incarnation);
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task Once_the_database_has_answered_they_are_made_here()
    {
        // That it is new is recorded too, and the first is left to a thread that may wait for the database.
        var id = await NewAsync();
        for (var offset = 0; offset < 5; offset++)
        {
            var record = _ledger.RecordChunkAsync(Chunk(id, offset), None);
            // Nobody else could have made it by now.
            Assert.True(record.IsCompleted);
            Assert.Equal(RecordOutcome.Recorded, (await record).Outcome);
        }

        Assert.Equal(5, (await _ledger.GetAsync(id, None))!.ChunkCount);
    }

    [Fact]
    public async Task What_comes_meanwhile_is_for_those_that_record()
    {
        var (held, other) = (await NewAsync(), await NewAsync());
        var here = Task.CompletedTask;
        List<Task<RecordAnswer>> others;
        await using (await fixture.HoldAsync(held))
        {
            here = RecordAsync(held);
            await fixture.WaitingAsync(1);
            others = [.. Enumerable.Range(0, 3).Select(offset => _ledger.RecordChunkAsync(Chunk(other, offset), None))];
            Assert.DoesNotContain(others, record => record.IsCompleted);
            _time.Advance(RecordQueue.Long + TimeSpan.FromMilliseconds(1));
            Assert.All(await Task.WhenAll(others).WaitAsync(Deadline), answer => Assert.Equal(RecordOutcome.Recorded, answer.Outcome));
            Assert.False(here.IsCompleted);
        }

        await here.WaitAsync(Deadline);
    }

    [Fact]
    public async Task What_waits_when_it_ends_goes_at_once()
    {
        var (held, other) = (await NewAsync(), await NewAsync());
        Task here;
        Task<RecordAnswer> next;
        await using (await fixture.HoldAsync(held))
        {
            here = RecordAsync(held);
            await fixture.WaitingAsync(1);
            next = _ledger.RecordChunkAsync(Chunk(other, 0), None);
            Assert.False(next.IsCompleted);
        }

        // The time stands still: nobody looks at who waits long.
        Assert.Equal(RecordOutcome.Recorded, (await next.WaitAsync(Deadline)).Outcome);
        await here.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Whose_row_is_held_is_set_aside_and_what_follows_it_waits_behind_it()
    {
        var incarnation = new Incarnation();
        var ledger = await OpenAsync(incarnation, TimeSpan.FromMilliseconds(50));
        var (held, other) = (await NewAsync(), await NewAsync());
        List<Task> waiting = [];
        await using (await fixture.HoldAsync(held))
        {
            for (var offset = 0; offset < 3; offset++)
            {
                waiting.Add(RecordAsync(held, offset, ledger, incarnation));
                await fixture.WaitingAsync(1);
                Assert.Equal(RecordOutcome.Recorded, (await ledger.RecordChunkAsync(Chunk(other, offset, incarnation), None).WaitAsync(Deadline)).Outcome);
            }

            Assert.DoesNotContain(waiting, record => record.IsCompleted);
        }

        await Task.WhenAll(waiting).WaitAsync(Deadline);
        Assert.Equal(3, (await ledger.GetAsync(held, None))!.ChunkCount);
    }

    [Fact]
    public async Task One_whose_connection_breaks_is_repeated_and_the_next_one_is_not_made_here()
    {
        var id = await NewAsync();
        Task here;
        await using (await fixture.HoldAsync(id))
        {
            here = RecordAsync(id);
            await fixture.WaitingAsync(1);
            Assert.Equal(1, await fixture.AskAsync<int>(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"));
            await fixture.WaitingAsync(1);
        }

        await here.WaitAsync(Deadline);
        Assert.Equal(1, (await _ledger.GetAsync(id, None))!.ChunkCount);
        await using (await fixture.HoldAsync(id))
        {
            var next = _ledger.RecordChunkAsync(Chunk(id, 1), None);
            Assert.False(next.IsCompleted);
            await fixture.WaitingAsync(1);
            here = next;
        }

        await here.WaitAsync(Deadline);
        Assert.True(_ledger.RecordChunkAsync(Chunk(id, 2), None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_error_comes_out_as_it_is()
    {
        var id = await NewAsync();
        // A prefix of nothing: the table's own check refuses it with an error.
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            _ledger.RecordPrefixAsync(id, new Prefix(500, 10, null, 0, Sha256Digest.OfNothing, [1], StoredFile.New(StoredFileKind.Chunk, _incarnation.Id), 1, _incarnation.Id), null, None));
        Assert.Equal(RecordOutcome.Recorded, (await _ledger.RecordChunkAsync(Chunk(id, 0), None)).Outcome);
    }

    [Fact]
    public async Task Who_stops_waits_for_it()
    {
        var id = await NewAsync();
        Task here, stopping;
        await using (await fixture.HoldAsync(id))
        {
            here = RecordAsync(id);
            await fixture.WaitingAsync(1);
            stopping = fixture.CloseAsync();
            await Assert.ThrowsAsync<LedgerUnavailableException>(() => _ledger.RecordChunkAsync(Chunk(id, 1), None));
            Assert.False(stopping.IsCompleted || here.IsCompleted);
        }

        await here.WaitAsync(Deadline);
        await stopping.WaitAsync(Deadline);
        Assert.Equal(1, (await _ledger.GetAsync(id, None))!.ChunkCount);
    }

    // In a thread that waits, as those that may do.
    private Task RecordAsync(UploadId id, long offset = 0, PostgresUploadLedger? ledger = null, Incarnation? incarnation = null) => Task.Factory.StartNew(
        () => Assert.Equal(RecordOutcome.Recorded, (ledger ?? _ledger).RecordChunkAsync(Chunk(id, offset, incarnation), None).GetAwaiter().GetResult().Outcome),
        None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task<PostgresUploadLedger> OpenAsync(Incarnation incarnation, TimeSpan? lockPatience = null)
    {
        var ledger = fixture.Open(incarnation, lockPatience: lockPatience, queueTime: _time, threads: Threads.Instance);
        await ledger.BeginIncarnationAsync(Guid.NewGuid(), "boot", Durability.Committed, None);
        return ledger;
    }

    private NewChunk Chunk(UploadId id, long offset, Incarnation? incarnation = null) =>
        new(id, new ByteRange(offset, 1), Sha256Digest.OfNothing, StoredFile.New(StoredFileKind.Chunk, (incarnation ?? _incarnation).Id), DateTimeOffset.UnixEpoch);

    private async Task<UploadId> NewAsync() =>
        (await _ledger.CreateAsync(
            new NewUpload(UploadId.New(), Caller.Operator, UploadProtocol.Session, "f", "t", new Dictionary<string, string>(), 1000, null,
                TimeSpan.FromHours(1), null, null),
            None)).Value!.Upload.Id;

    /// <summary>Any thread may wait.</summary>
    private sealed class Threads : IRequestThreads
    {
        public static readonly Threads Instance = new();

        public bool IsHere => true;

        public bool MayStay() => true;

        public void GoOn(IThreadPoolWorkItem next) => ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
    }
}
