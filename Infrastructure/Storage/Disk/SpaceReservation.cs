using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The space that is reserved for one open file. Bytes below <paramref name="allocated"/> have blocks already and cost nothing. Then the
/// file consumes what was reserved when it was opened, which is the case where the file system cannot preallocate. The rest is reserved
/// write by write.
/// </summary>
/// <param name="end">The file's length.</param>
internal sealed class SpaceReservation(FreeSpace space, long end, long allocated, long reserved) : IDisposable
{
    private long _end = end;
    private long _allocated = allocated;
    private long _reserved = reserved;

    /// <summary>The file's length.</summary>
    public long End => _end;

    /// <summary>How many bytes behind the end of the file have blocks.</summary>
    public long Spare => _allocated - _end;

    /// <summary>Reserves the space of a write. Afterwards the caller consumes or releases it.</summary>
    /// <exception cref="StoreException">NoSpace: the write would cross the watermark.</exception>
    public Growth Reserve(long offset, long length)
    {
        var grows = Math.Max(0, offset + length - Math.Max(offset, _allocated));
        var reserved = Math.Min(grows, _reserved);
        if (grows > reserved)
            space.Reserve(grows - reserved, space.UploadWatermark);
        return new Growth(grows, reserved);
    }

    public void Consume(Growth growth, long offset, long length)
    {
        _end = Math.Max(_end, offset + length);
        if (growth.Bytes == 0)
            return;
        space.Consume(growth.Bytes);
        _reserved -= growth.FromReserved;
        // A write beyond a hole allocates no hole.
        if (offset <= _allocated)
            _allocated = offset + length;
    }

    public void Release(Growth growth, StoreException failure)
    {
        if (growth.Bytes > growth.FromReserved)
            space.Release(growth.Bytes - growth.FromReserved);
        if (failure.Error == StoreError.NoSpace)
            space.Invalidate();
    }

    public void Dispose()
    {
        if (_reserved > 0)
            space.Release(_reserved);
        _reserved = 0;
    }

    /// <param name="Bytes">By how much the file grows.</param>
    /// <param name="FromReserved">How many of these were reserved before the write.</param>
    internal readonly record struct Growth(long Bytes, long FromReserved);
}
