using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Properties of the rows in PostgreSQL: heap-only updates, shared files.</summary>
public sealed class LedgerRowsTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
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
    public async Task No_index_of_uploads_knows_a_column_that_recording_changes()
    {
        await using var connection = await fixture.OpenAsync();
        // Key, expression or condition: a column in any of them keeps an update from being heap-only.
        var indexed = (await connection.QueryAsync<string>("""
            select distinct a.attname::text
            from pg_index i
            join lateral (
                select unnest(i.indkey::int[]) as number
                union select d.refobjsubid from pg_depend d where d.classid = 'pg_class'::regclass
                    and d.objid = i.indexrelid and d.refobjid = i.indrelid
            ) c on c.number > 0
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = c.number
            where i.indrelid = 'uploads'::regclass
            """)).ToList();

        Assert.Contains("tenant", indexed);
        Assert.Contains("sha256", indexed);
        Assert.Empty(indexed.Intersect([
            "received_bytes", "placed_bytes", "chunk_count", "attempt_count", "failure_count", "consecutive_failures", "first_byte_at",
                "last_byte_at",
            "active_at", "epoch", "writer", "hash_bytes", "hash_state", "front_sha256",
        ]));
    }

    [Fact]
    public async Task Recording_chunks_and_checkpoints_is_a_heap_only_update()
    {
        var session = await NewAsync(UploadProtocol.Session);
        var stream = await NewAsync(UploadProtocol.Tus);
        await using var connection = await fixture.OpenAsync();
        async Task<(long Updates, long HeapOnly)> CountAsync(string table)
        {
            await connection.ExecuteAsync("select pg_stat_force_next_flush()");
            return await connection.QuerySingleAsync<(long, long)>(
                "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relid = @Table::regclass", new { Table = table });
        }

        var before = await CountAsync("uploads");
        for (var index = 0; index < 100; index++)
        {
            await connection.ExecuteAsync(
                "select record_chunk(@Incarnation, @Id, @Start, 10, sha256(''), gen_random_uuid(), 1::smallint, @Incarnation, now(), null)",
                new { Incarnation = _incarnation.Id, Id = session.Value, Start = index * 10L });
            await connection.ExecuteAsync(
                """
                select record_streams(@Incarnation, '[]', json_build_array(row(
                    @Id, 0, @Start, @Start + 10, @Segment, 0, @Incarnation, sha256(''),
                    sha256(@Start::text::bytea), false, null)::stream_checkpoint))
                """,
                new { Incarnation = _incarnation.Id, Id = stream.Value, Start = index * 10L, Segment = new Guid(1, 2, 3, new byte[8]) });
        }

        var after = await CountAsync("uploads");
        var extents = await CountAsync("extents");
        Assert.Equal(200, after.Updates - before.Updates);
        Assert.Equal(99, extents.Updates);
        // All but updates that found their page full of rows that another snapshot still sees; with an index in the way there would be
        // none.
        Assert.InRange(after.HeapOnly - before.HeapOnly, 150, 200);
        Assert.InRange(extents.HeapOnly, 75, 99);
    }

    [Fact]
    public async Task An_event_carries_the_transaction_that_made_the_change()
    {
        await using var connection = await fixture.OpenAsync();
        var id = await NewAsync(UploadProtocol.Session);
        await _ledger.PauseAsync(Caller.Operator, id, None);
        // Each event in the transaction of its row, the later one with the higher number; a refused change has no event.
        await _ledger.EndAsync(Caller.Operator, id, UploadState.Deleted, "x", None);
        var events = (await connection.QueryAsync<(string Kind, long Transaction)>(
            "select kind, xid::text::bigint from events where upload_id = @Id order by id", new { Id = id.Value })).ToList();
        var row = await connection.QuerySingleAsync<long>("select xmin::text::bigint from uploads where id = @Id", new { Id = id.Value });

        Assert.Equal(["created", "paused"], events.Select(change => change.Kind));
        Assert.True(events[0].Transaction < events[1].Transaction);
        Assert.Equal(row, (uint)events[1].Transaction);
    }

    [Fact]
    public async Task A_shared_file_lives_until_no_upload_names_it()
    {
        var (first, second) = (await NewAsync(UploadProtocol.Session), await NewAsync(UploadProtocol.Session));
        var file = StoredFile.New(Store, StoredFileKind.Chunk, _incarnation.Id);
        var own = StoredFile.New(Store, StoredFileKind.Chunk, _incarnation.Id);
        foreach (var (offset, stored) in new[] { (0, file), (10, own) })
            await _ledger.RecordChunkAsync(
                new NewChunk(first, new ByteRange(offset, 10), Sha256Digest.OfNothing, stored, DateTimeOffset.UnixEpoch), None);
        await ShareAsync(first, second);
        foreach (var id in new[] { first, second })
            await _ledger.EndAsync(Caller.Operator, id, UploadState.Cancelled, "x", None);

        Assert.Equal([own], await _ledger.ReclaimAsync(first, 10, None));
        Assert.Equal([file], await _ledger.ReclaimAsync(second, 10, None));
    }

    [Fact]
    public async Task Of_two_uploads_that_let_go_of_a_file_at_once_one_frees_it()
    {
        var (first, second) = (await NewAsync(UploadProtocol.Session), await NewAsync(UploadProtocol.Session));
        var file = StoredFile.New(Store, StoredFileKind.Chunk, _incarnation.Id);
        await _ledger.RecordChunkAsync(
            new NewChunk(first, new ByteRange(0, 10), Sha256Digest.OfNothing, file, DateTimeOffset.UnixEpoch), None);
        await ShareAsync(first, second);
        foreach (var id in new[] { first, second })
            await _ledger.EndAsync(Caller.Operator, id, UploadState.Cancelled, "x", None);

        var freed = new List<StoredFile>();
        await using var holder = await fixture.OpenAsync();
        // Both have removed their extents, uncommitted, when the file's lock is released.
        await holder.ExecuteAsync("begin; select from stored_files where id = @Id for update", new { Id = file.Unique });
        var reclaims = new[] { _ledger.ReclaimAsync(first, 10, None), _ledger.ReclaimAsync(second, 10, None) };
        await fixture.WaitingAsync(2);
        await holder.ExecuteAsync("commit");
        foreach (var reclaim in reclaims)
            freed.AddRange(await reclaim);

        Assert.Equal([file], freed);
    }

    private async Task ShareAsync(UploadId from, UploadId to)
    {
        await using var connection = await fixture.OpenAsync();
        await connection.ExecuteAsync("""
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256,
                attempts, started_at, received_at)
            select @To, start, length, file_id, file_offset, placed, synced, incarnation, sha256, attempts, started_at, received_at
            from extents where upload_id = @From and start = 0
            """, new { From = from.Value, To = to.Value });
    }

    private async Task<UploadId> NewAsync(UploadProtocol protocol)
    {
        var created = await _ledger.CreateAsync(
            new NewUpload(UploadId.New(), Caller.Operator, protocol, "f", "t", new Dictionary<string, string>(), null, null,
                TimeSpan.FromHours(1), null, null),
            None);
        return created.Value!.Upload.Id;
    }
}
