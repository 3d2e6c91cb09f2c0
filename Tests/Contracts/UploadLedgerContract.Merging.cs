using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    [Fact]
    public async Task Unplaced_chunks_come_lowest_first_until_their_bytes_suffice()
    {
        var id = await NewAsync(1000);
        foreach (var offset in new[] { 300, 100, 200, 0 })
            await RecordAsync(id, offset, 100);

        async Task<IEnumerable<long>> Unplaced(long bytes, int count) =>
            (await Ledger.UnplacedAsync(id, bytes, count, None)).Chunks.Select(extent => extent.Range.Offset);

        Assert.Equal([0L, 100, 200, 300], await Unplaced(10_000, 100));
        Assert.Equal([0L, 100], await Unplaced(10_000, 2));
        Assert.Equal([0L, 100], await Unplaced(250, 100));
        Assert.Equal([0L], await Unplaced(1, 100));
        await Ledger.MarkDamagedAsync(id, "x", None);
        Assert.Empty(await Unplaced(10_000, 100));
    }

    [Fact]
    public async Task Placing_points_extents_at_the_assembly_and_frees_their_files()
    {
        var id = await NewAsync(300);
        var chunks = new[] { await RecordAsync(id, 0, 100), await RecordAsync(id, 200, 100) };
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var copied = (await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks;

        var freed = await Ledger.PlaceAsync(id, assembly, copied, None);

        Assert.Equal(Order(chunks.Select(chunk => chunk.File)), Order(freed));
        Assert.Equal(Order(freed), Order(await Ledger.PlaceAsync(id, assembly, copied, None)));
        Assert.Equal(200, (await GetAsync(id)).PlacedBytes);
        Assert.Equal([(assembly, 0L), (assembly, 200L)], (await Ledger.ExtentsAsync(id, 0, 10, None))
            .Select(extent => (extent.File, extent.FileOffset)));
        Assert.Equal(chunks.Select(chunk => chunk.Sha256), (await Ledger.ChunksAsync(id, 0, 10, None)).Select(chunk => chunk.Sha256));
        await Ledger.ForgetFilesAsync(freed, None);
        Assert.Empty(await Ledger.TombstonesAsync(10, None));
        Assert.Equal(RecordOutcome.Duplicate, (await Ledger.RecordChunkAsync(chunks[0], None)).Outcome);
    }

    [Fact]
    public async Task Another_assembly_replaces_one_that_was_given_up()
    {
        var id = await NewAsync(300);
        await RecordAsync(id, 0, 100);
        var first = NewFile(StoredFileKind.Assembly);
        var second = NewFile(StoredFileKind.Assembly);
        var third = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, first, None));
        var copied = (await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks;

        Assert.True(await Ledger.SetAssemblyAsync(id, second, None));
        Assert.Equal([first], await Ledger.TombstonesAsync(10, None));
        Assert.Empty(await Ledger.PlaceAsync(id, first, copied, None));
        Assert.Single(await Ledger.PlaceAsync(id, second, copied, None));
        await RecordAsync(id, 100, 100);

        Assert.True(await Ledger.SetAssemblyAsync(id, third, None));
        Assert.DoesNotContain(second, await Ledger.TombstonesAsync(10, None));
        await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None);
        Assert.Contains(second, await Ledger.TombstonesAsync(10, None));
        Assert.Equal(0, (await GetAsync(id)).PlacedBytes);
    }

    [Fact]
    public async Task No_assembly_is_taken_where_there_is_nothing_to_merge()
    {
        var empty = await NewAsync(300);
        var ended = await NewAsync(300);
        await RecordAsync(ended, 0, 100);
        await Ledger.EndAsync(Me, ended, UploadState.Cancelled, "x", None);

        Assert.False(await Ledger.SetAssemblyAsync(empty, NewFile(StoredFileKind.Assembly), None));
        Assert.False(await Ledger.SetAssemblyAsync(ended, NewFile(StoredFileKind.Assembly), None));
        Assert.False(await Ledger.SetAssemblyAsync(UploadId.New(), NewFile(StoredFileKind.Assembly), None));
        Assert.Empty((await Ledger.UnplacedAsync(ended, 1000, 10, None)).Chunks);
    }

    [Fact]
    public async Task Chunk_that_is_the_whole_file_needs_no_merge()
    {
        var id = await NewAsync(100);
        var chunk = await RecordAsync(id, 0, 100);
        Assert.Empty(await Ledger.PendingAsync(null, 10, true, None));
        Assert.Empty((await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks);

        await Ledger.BeginCompleteAsync(Me, id, null, null, None);
        await SaveAsync(id, 100, "all");

        Assert.Empty(await Ledger.PendingAsync(null, 10, true, None));
        Assert.Equal(100, (await GetAsync(id)).PlacedBytes);
        Assert.Equal(chunk.File, Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None)).File);
    }

    [Fact]
    public async Task Chunk_that_turns_out_to_be_the_whole_file_gives_up_its_assembly()
    {
        var id = await NewAsync(null);
        await RecordAsync(id, 0, 100);
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var copied = (await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks;
        Assert.True((await Ledger.BeginCompleteAsync(Me, id, 100, null, None)).Ok);

        Assert.Empty(await Ledger.PlaceAsync(id, assembly, copied, None));
        Assert.Equal([assembly], await Ledger.TombstonesAsync(10, None));
    }

    [Fact]
    public async Task Pending_names_each_kind_of_work_once_and_pages_through()
    {
        var expected = new List<UploadId>();
        var undeclared = new List<UploadId>();
        var cancelled = new List<UploadId>();

        for (var round = 0; round < 3; round++)
        {
            var merging = await NewAsync(300);
            await RecordAsync(merging, 0, 100);
            await RecordAsync(merging, 100, 100);
            expected.Add(merging);

            var hashing = await NewAsync(100, sha256: Digest("all"));
            await RecordAsync(hashing, 0, 100);
            expected.Add(hashing);

            var both = await NewAsync(200);
            await RecordAsync(both, 0, 100);
            await RecordAsync(both, 100, 100);
            await Ledger.BeginCompleteAsync(Me, both, null, Digest("all"), None);
            expected.Add(both);

            var late = await NewAsync(100);
            await RecordAsync(late, 0, 100);
            await Ledger.BeginCompleteAsync(Me, late, null, null, None);
            expected.Add(late);
            undeclared.Add(late);

            var ended = await NewAsync(300);
            await RecordAsync(ended, 0, 100);
            await Ledger.EndAsync(Me, ended, UploadState.Cancelled, "x", None);
            expected.Add(ended);
            cancelled.Add(ended);

            // Uploads without work: no front yet, already hashed, damaged, or a stream.
            var behind = await NewAsync(100, sha256: Digest("all"));
            await RecordAsync(behind, 50, 50);
            expected.Add(behind);
            var upToDate = await NewAsync(100, sha256: Digest("all"));
            Assert.True(await Ledger.RecordPrefixAsync(upToDate, NewPrefix(0, 10), null, None));
            var damaged = await NewAsync(300);
            await RecordAsync(damaged, 0, 100);
            await Ledger.MarkDamagedAsync(damaged, "x", None);
            await CheckpointAsync(await NewAsync(300, sha256: Digest("all"), protocol: UploadProtocol.Tus), 0, 0, 100);
        }

        var found = new List<UploadId>();
        while (await Ledger.PendingAsync(found.Count == 0 ? null : found[^1], 4, true, None) is { Count: > 0 } page)
        {
            Assert.True(page.Count <= 4);
            found.AddRange(page);
        }

        Assert.Equal(expected.Order(IdOrder), found.Order(IdOrder));

        var asked = await Ledger.PendingAsync(null, 100, false, None);
        Assert.Equal(expected.Except(undeclared).Order(IdOrder), asked.Order(IdOrder));

        // A service of another store cannot work on these bytes. It frees what has ended as far as that is in its own store.
        await Ledger.EndIncarnationAsync(None);
        var other = Open(new Incarnation());
        Assert.True(await other.BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot-1", Durability.Committed), None));
        Assert.Equal(cancelled.Order(IdOrder), (await other.PendingAsync(null, 100, true, None)).Order(IdOrder));
    }
}
