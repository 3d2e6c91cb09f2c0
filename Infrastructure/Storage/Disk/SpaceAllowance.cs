using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// How far one open file may grow. Bytes below <paramref name="allocated"/> have blocks already and cost nothing. Then the file uses its
/// promise, which it has where the file system cannot preallocate. For the rest it asks the watermark.
/// </summary>
/// <param name="end">The file's length.</param>
internal sealed class SpaceAllowance(FreeSpace space, long end, long allocated, long promised) : IDisposable
{
    private long _end = end;
    private long _allocated = allocated;
    private long _promised = promised;

    /// <summary>How many bytes behind the end of the file have blocks.</summary>
    public long Spare => _allocated - _end;

    /// <returns>The room that the write takes.</returns>
    /// <exception cref="StoreException">NoSpace: the watermark refuses.</exception>
    public Charge Ask(long offset, long length)
    {
        var grows = Math.Max(0, offset + length - Math.Max(offset, _allocated));
        var promised = Math.Min(grows, _promised);
        if (grows > promised)
            space.Promise(grows - promised, space.Reserve);
        return new Charge(grows, promised);
    }

    public void Use(Charge charge, long offset, long length)
    {
        _end = Math.Max(_end, offset + length);
        if (charge.Grows == 0)
            return;
        space.Fulfil(charge.Grows);
        _promised -= charge.FromPromise;
        // A write beyond a hole allocates no hole.
        if (offset <= _allocated)
            _allocated = offset + length;
    }

    public void TakeBack(Charge charge, StoreException failure)
    {
        if (charge.Grows > charge.FromPromise)
            space.Release(charge.Grows - charge.FromPromise);
        if (failure.Error == StoreError.NoSpace)
            space.Invalidate();
    }

    public void Dispose()
    {
        if (_promised > 0)
            space.Release(_promised);
        _promised = 0;
    }

    internal readonly record struct Charge(long Grows, long FromPromise);
}
