using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The reserve: new bytes are refused while there is still space for work that must continue.</summary>
public sealed class FreeSpaceTests : IDisposable
{
    private const long Reserve = 10_000_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk;

    public FreeSpaceTests()
    {
        _disk = new DiskStoreRig(new StorageOptions { ReserveBytes = Reserve });
        _disk.Calls.FreeBytes = Reserve + 1_000_000;
        _disk.DiskStore.Open(DiskStoreRig.Id);
    }

    [Fact]
    public async Task Write_that_would_cross_the_reserve_is_refused()
    {
        await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1_000_001, None));
        await using var fits = await _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1_000_000, None);

        Assert.Equal(Reserve, _disk.Store.Health.FreeBytes);
        Assert.False(_disk.Store.Health.HasRoom);
        _disk.Calls.FreeBytes = Reserve;
        await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1, None));
    }

    [Fact]
    public async Task Preallocated_bytes_are_written_without_a_check()
    {
        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1_000_000, None);
        _disk.Calls.FreeBytes = 0;
        _disk.DiskStore.Space.Invalidate();

        writer.Write(Bytes(1_000_000), 0);
        Throws(StoreError.NoSpace, () => writer.Write(Bytes(1), 1_000_000));
    }

    [Fact]
    public async Task Bytes_that_were_not_announced_are_counted_as_they_come()
    {
        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Segment, 1), null, None);
        for (var part = 0; part < 4; part++)
            writer.Write(Bytes(250_000), part * 250_000);
        Assert.Equal(Reserve, _disk.Store.Health.FreeBytes);

        _disk.Calls.FreeBytes = Reserve;
        Throws(StoreError.NoSpace, () => writer.Write(Bytes(1), 1_000_000));

        // Existing bytes can be overwritten.
        writer.Write(Bytes(1_000_000), 0);
        Assert.Null(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task Room_that_could_not_be_preallocated_stays_reserved()
    {
        _disk.Calls.Fail(nameof(ISyscalls.Preallocate), Errno.NotSupported);
        await using (var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 900_000, None))
        {
            Assert.Equal(Reserve + 100_000, _disk.Store.Health.FreeBytes);
            await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 100_001, None));
            // Querying the file system again does not forget the reservation.
            _disk.Time.Advance(TimeSpan.FromSeconds(5));
            await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 100_001, None));

            writer.Write(Bytes(400_000), 0);
            Assert.Equal(Reserve + 100_000, _disk.Store.Health.FreeBytes);
        }

        // Closed with half a million bytes unwritten, which are not expected any more.
        Assert.Equal(Reserve + 600_000, _disk.Store.Health.FreeBytes);
    }

    [Fact]
    public async Task A_failed_creation_releases_its_reservation()
    {
        var file = DiskStoreRig.NewChunk();
        await using var first = await _disk.Store.CreateAsync(file, null, None);
        await ThrowsAsync(StoreError.Io, () => _disk.Store.CreateAsync(file, 900_000, None));

        Assert.Equal(Reserve + 1_000_000, _disk.Store.Health.FreeBytes);
    }

    [Fact]
    public async Task A_failed_write_releases_its_reservation()
    {
        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), null, None);
        _disk.Calls.Fail(nameof(ISyscalls.Pwrite), Errno.NoSpace);
        Throws(StoreError.NoSpace, () => writer.Write(Bytes(500_000), 0));

        Assert.Equal(Reserve + 1_000_000, _disk.Store.Health.FreeBytes);
    }

    [Fact]
    public void The_file_system_is_asked_once_a_second()
    {
        _ = _disk.Store.Health;
        _disk.Calls.Seen.Clear();
        for (var i = 0; i < 10; i++)
            _ = _disk.Store.Health;
        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.StatVfs)));

        _disk.Time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 10; i++)
            _ = _disk.Store.Health;
        Assert.Equal(1, _disk.Calls.Count(nameof(ISyscalls.StatVfs)));
    }

    [Fact]
    public async Task Room_that_a_delete_made_is_seen_at_once()
    {
        var file = await _disk.AddChunkAsync(Bytes(1_000_000));
        _disk.Calls.FreeBytes = Reserve;
        await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1, None));

        _disk.Store.Delete(file);
        _disk.Calls.FreeBytes = Reserve + 1_000_000;

        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1_000_000, None);
    }

    [Fact]
    public void Space_freed_by_others_is_noticed_before_a_refusal()
    {
        _disk.Calls.FreeBytes = Reserve + 1000;
        Assert.True(_disk.Store.HasRoomFor(1000));
        Assert.False(_disk.Store.HasRoomFor(1001));

        _disk.Calls.FreeBytes = Reserve + 1001;
        Assert.True(_disk.Store.HasRoomFor(1001));
    }

    [Fact]
    public async Task Merging_continues_where_uploads_stop_and_stops_before_the_disk_is_full()
    {
        var chunk = await _disk.AddChunkAsync(Bytes(1_000_000));
        _disk.Calls.FreeBytes = (Reserve / 2) + 1_000_000;
        _disk.DiskStore.Space.Invalidate();
        await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1, None));

        await using var assembly = await _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);
        assembly.CopyFrom(chunk, 0, 1_000_000, 0, None);
        _disk.Calls.FreeBytes = Reserve / 2;
        _disk.DiskStore.Space.Invalidate();
        Throws(StoreError.NoSpace, () => assembly.CopyFrom(chunk, 0, 1_000_000, 1_000_000, None));

        Assert.Null(_disk.Store.Health.Degraded);
        _disk.Store.Delete(chunk);
    }

    public void Dispose() => _disk.Dispose();
}
