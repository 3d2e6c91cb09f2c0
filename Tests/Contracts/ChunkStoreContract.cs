using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Contracts;

/// <summary>The contract of every store, wherever it keeps its bytes. To test a store, derive from this class.</summary>
public abstract partial class ChunkStoreContract : ReadableStoreContract, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>Fresh, empty, open and healthy.</summary>
    protected abstract IChunkStore Store { get; }

    protected override IReadableStore Readable => Store;

    protected override Task<StoredFile> AddAsync(byte[] bytes) => AddChunkAsync(bytes);

    [Theory]
    [InlineData(StoredFileKind.Chunk)]
    [InlineData(StoredFileKind.Segment)]
    [InlineData(StoredFileKind.Assembly)]
    public async Task Reads_back_what_was_written(StoredFileKind kind)
    {
        var file = DiskStoreRig.NewFile(kind, 7);
        var bytes = Bytes(300_001);
        await using (var writer = await Store.CreateAsync(file, bytes.Length, None))
        {
            Assert.Equal(file, writer.File);
            writer.Write(bytes, 0);
            await writer.FlushAsync(final: true, None);
            if (kind == StoredFileKind.Chunk)
                await writer.RenameDurablyAsync(None);
        }

        Assert.Equal(bytes, await Store.ReadAsync(file));
        Assert.Equal(bytes.Length, Store.Length(file));
    }

    [Fact]
    public async Task Takes_writes_in_any_order_and_more_than_once()
    {
        var file = New();
        var bytes = Bytes(100_000);
        await using var writer = await Store.CreateAsync(file, null, None);
        writer.Write(bytes.AsSpan(60_000), 60_000);
        writer.Write(bytes.AsSpan(0, 30_000), 0);
        writer.Write(Bytes(40_000, seed: 9), 25_000);
        writer.Write(bytes.AsSpan(25_000, 40_000), 25_000);
        writer.Write([], 5);
        await writer.FlushAsync(final: false, None);

        Assert.Equal(bytes, await Store.ReadAsync(file));
    }

    [Fact]
    public async Task Keeps_a_file_of_no_bytes()
    {
        var file = New();
        await using (var writer = await Store.CreateAsync(file, 0, None))
            await writer.RenameDurablyAsync(None);

        Assert.Equal(0, Store.Length(file));
        Assert.Empty(await Store.ReadAsync(file));
    }

    [Fact]
    public async Task Expecting_more_than_comes_makes_no_file_longer()
    {
        var file = New();
        await using (var writer = await Store.CreateAsync(file, 1 << 20, None))
        {
            writer.Write(Bytes(1000), 0);
            await writer.FlushAsync(final: false, None);
        }

        Assert.Equal(1000, Store.Length(file));
    }

    [Fact]
    public async Task Refuses_a_name_that_was_used()
    {
        var file = await AddChunkAsync(Bytes(10));

        await ThrowsAsync(StoreError.Io, async () =>
        {
            await using var writer = await Store.CreateAsync(file, 20, None);
            writer.Write(Bytes(20, seed: 2), 0);
            await writer.RenameDurablyAsync(None);
        });
        Assert.Equal(Bytes(10), await Store.ReadAsync(file));
    }

    [Fact]
    public async Task A_prefix_continues_in_its_own_file()
    {
        var file = New();
        var bytes = Bytes(50_000);
        await using (var first = await Store.CreateAsync(file, bytes.Length, None))
        {
            first.Write(bytes.AsSpan(0, 20_000), 0);
            await first.FlushAsync(final: false, None);
        }

        Assert.Equal(bytes[..20_000], await Store.ReadAsync(file));
        await using (var second = await Store.ReopenAsync(file, null, None))
        {
            second.Write(bytes.AsSpan(20_000), 20_000);
            await second.FlushAsync(final: false, None);
            await second.RenameDurablyAsync(None);
        }

        Assert.Equal(bytes, await Store.ReadAsync(file));
    }

    [Fact]
    public async Task Renaming_a_renamed_chunk_changes_nothing()
    {
        // A crash between rename and commit: the ledger still says prefix, the file has its final name.
        var file = await AddChunkAsync(Bytes(1000));
        await using (var again = await Store.ReopenAsync(file, null, None))
        {
            await again.RenameDurablyAsync(None);
            await again.RenameDurablyAsync(None);
        }

        Assert.Equal(Bytes(1000), await Store.ReadAsync(file));
    }

    [Theory]
    [InlineData(StoredFileKind.Segment)]
    [InlineData(StoredFileKind.Assembly)]
    public async Task Renames_nothing_but_chunks(StoredFileKind kind)
    {
        await using var writer = await Store.CreateAsync(DiskStoreRig.NewFile(kind, 1), null, None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.RenameDurablyAsync(None));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_missing()
    {
        var file = New();

        Assert.Null(Store.Length(file));
        Throws(StoreError.Missing, () => Store.OpenRead(file));
        await ThrowsAsync(StoreError.Missing, () => Store.ReopenAsync(file, null, None));
        await ThrowsAsync(StoreError.Missing, () => Store.HashFromDeviceAsync(file, 0, 1, None));
        await using var writer = await Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);
        Throws(StoreError.Missing, () => writer.CopyFrom(file, 0, 1, 0, None));
    }

    [Fact]
    public async Task Renaming_a_deleted_chunk_fails_as_missing()
    {
        var file = New();
        await using var writer = await Store.CreateAsync(file, 10, None);
        writer.Write(Bytes(10), 0);
        Store.Delete(file);

        await ThrowsAsync(StoreError.Missing, () => writer.RenameDurablyAsync(None));
        Assert.Null(Store.Length(file));
    }

    [Fact]
    public async Task Deletes_under_either_name_and_again()
    {
        var renamed = await AddChunkAsync(Bytes(10));
        var temporary = New();
        await using (var writer = await Store.CreateAsync(temporary, 10, None))
            writer.Write(Bytes(10), 0);

        foreach (var file in new[] { renamed, temporary, renamed, temporary, New() })
        {
            Store.Delete(file);
            Assert.Null(Store.Length(file));
        }
    }

    [Fact]
    public async Task Lists_every_file_once()
    {
        var expected = new HashSet<StoredFile> { await AddChunkAsync(Bytes(1)), await AddChunkAsync(Bytes(2)), New() };
        foreach (var kind in new[] { StoredFileKind.Segment, StoredFileKind.Assembly })
            expected.Add(DiskStoreRig.NewFile(kind, long.MaxValue));
        foreach (var file in expected.Where(file => Store.Length(file) is null))
            await (await Store.CreateAsync(file, null, None)).DisposeAsync();

        var found = Store.Enumerate(None).ToList();

        Assert.Equal(expected.Count, found.Count);
        Assert.Equal(expected, found.ToHashSet());
    }

    [Fact]
    public async Task Trash_takes_a_file_away_and_is_emptied_by_age()
    {
        var renamed = await AddChunkAsync(Bytes(1000));
        var temporary = New();
        await using (var writer = await Store.CreateAsync(temporary, null, None))
            writer.Write(Bytes(234), 0);

        Store.Trash(renamed);
        Store.Trash(temporary);
        Store.Trash(renamed);
        Store.Trash(New());

        Assert.Empty(Store.Enumerate(None));
        Assert.Null(Store.Length(renamed));
        Assert.Equal((0, 0), Store.EmptyTrash(TimeSpan.FromDays(1), None));
        Assert.Equal((2, 1234), Store.EmptyTrash(TimeSpan.Zero, None));
        Assert.Equal((0, 0), Store.EmptyTrash(TimeSpan.Zero, None));
    }

    [Fact]
    public async Task A_flush_that_was_cancelled_in_time_can_be_asked_for_again()
    {
        var file = New();
        await using var writer = await Store.CreateAsync(file, null, None);
        writer.Write(Bytes(10), 0);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => writer.FlushAsync(final: true, new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.RenameDurablyAsync(new CancellationToken(canceled: true)));

        await writer.FlushAsync(final: true, None);
        await writer.RenameDurablyAsync(None);
        Assert.Equal(Bytes(10), await Store.ReadAsync(file));
    }

    [Fact]
    public async Task A_closed_writer_takes_nothing()
    {
        var writer = await Store.CreateAsync(New(), null, None);
        await writer.DisposeAsync();
        await writer.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => writer.Write(Bytes(1), 0));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.FlushAsync(final: true, None));
    }

    [Fact]
    public async Task Refuses_numbers_below_zero()
    {
        await using var writer = await Store.CreateAsync(New(), null, None);

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(Bytes(1), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.CopyFrom(New(), -1, 1, 0, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.CreateAsync(New(), -1, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.HashFromDeviceAsync(New(), -1, 1, None));
    }

    [Fact]
    public async Task A_file_that_would_not_fit_is_refused_and_leaves_nothing()
    {
        await ThrowsAsync(StoreError.NoSpace, () => Store.CreateAsync(New(), 1L << 60, None));
        await ThrowsAsync(StoreError.NoSpace, () => Store.CreateAsync(New(), long.MaxValue, None));

        Assert.Empty(Store.Enumerate(None));
        Assert.Null(Store.Health.Degraded);
    }

    [Fact]
    public async Task Many_chunks_at_once_stay_apart()
    {
        var files = await Task.WhenAll(Enumerable.Range(0, 64).Select(async seed =>
        {
            await Task.Yield();
            var file = New();
            await using var writer = await Store.CreateAsync(file, 5000 + seed, None);
            writer.Write(Bytes(5000 + seed, seed), 0);
            await writer.FlushAsync(final: false, None);
            await writer.RenameDurablyAsync(None);
            return file;
        }));

        for (var seed = 0; seed < files.Length; seed++)
            Assert.Equal(Bytes(5000 + seed, seed), await Store.ReadAsync(files[seed]));
    }

    [Fact]
    public async Task A_probe_passes_and_leaves_nothing()
    {
        if (Store is IProbedStore probed)
            Assert.True(await probed.ProbeAsync(None));

        Assert.Empty(Store.Enumerate(None));
        Assert.True(Store.Health is { Degraded: null, HasRoom: true, TotalBytes: > 0 });
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    private static StoredFile New() => DiskStoreRig.NewFile(StoredFileKind.Chunk, 3);

    private async Task<StoredFile> AddChunkAsync(byte[] bytes)
    {
        var file = New();
        await using var writer = await Store.CreateAsync(file, bytes.Length, None);
        writer.Write(bytes, 0);
        await writer.RenameDurablyAsync(None);
        return file;
    }
}
