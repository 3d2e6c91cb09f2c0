using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Reserves space of the store above a watermark. New bytes are refused before the disk is full, so that the database still works and
/// deletes can free space. Bytes are reserved, and then either consumed by a write or released. This class asks the file system at most
/// once a second, and counts reserved and consumed bytes itself in between.
/// </summary>
internal sealed class FreeSpace(ISyscalls calls, SafeFileHandle directory, long reserve, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _free, _total, _reserved, _askedAt;
    private bool _known;

    /// <summary>The free bytes below which uploads get no more room.</summary>
    public long UploadWatermark => reserve;

    /// <summary>
    /// The free bytes below which merging gets no more room. Merging may use more than uploads do, because it frees what it has copied.
    /// </summary>
    public long MergeWatermark => reserve / 2;

    /// <summary>The file system's block size, to which reflinks must be aligned.</summary>
    public long BlockSize { get; private set; } = 4096;

    /// <summary>Asks the file system at start, where a failure is reported. Later failures keep the last answer.</summary>
    public void RequireAnswer()
    {
        var result = calls.StatVfs(directory, out _);
        if (result < 0)
            throw PosixFile.Failure(result, "Asking for the free space of", DiskLayout.Files);
    }

    public StoreHealth Health(string? degraded)
    {
        lock (_gate)
        {
            Refresh(force: false);
            return new StoreHealth(Math.Max(0, _free - _reserved), _total, reserve, degraded);
        }
    }

    /// <summary>
    /// Reserves bytes, or throws <see cref="StoreError.NoSpace"/> when fewer than <paramref name="watermark"/> would be left.
    /// </summary>
    public void Reserve(long bytes, long watermark)
    {
        lock (_gate)
        {
            if (!Fits(bytes, watermark))
                throw new StoreException(StoreError.NoSpace, $"The store has {_free} bytes free, {_reserved} of them reserved; {bytes} "
                    + $"more would leave less than the {watermark} that must stay free.");
            _reserved += bytes;
        }
    }

    public bool HasRoomFor(long bytes)
    {
        lock (_gate)
            return Fits(bytes, reserve);
    }

    /// <summary>Turns reserved bytes into used ones: the file system counts them as used from now on.</summary>
    public void Consume(long bytes)
    {
        lock (_gate)
        {
            _reserved -= bytes;
            _free -= bytes;
        }
    }

    /// <summary>Gives reserved bytes back that were not written.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
            _reserved -= bytes;
    }

    /// <summary>Drops the last answer, after bytes were freed or the device reported that it is full.</summary>
    public void Invalidate()
    {
        lock (_gate)
            _known = false;
    }

    private bool Fits(long bytes, long watermark)
    {
        Refresh(force: false);
        if (Suffices())
            return true;
        // A delete may have freed space since the last answer.
        Refresh(force: true);
        return Suffices();

        bool Suffices() => bytes <= _free - _reserved - watermark;
    }

    private void Refresh(bool force)
    {
        var now = time.GetTimestamp();
        if (_known && !force && time.GetElapsedTime(_askedAt, now) < Fresh)
            return;
        // If statvfs fails, keep the last answer: the write that follows reports the real error.
        if (calls.StatVfs(directory, out var answer) < 0)
            return;
        (_free, _total, _askedAt, _known) = (answer.FreeBytes, answer.TotalBytes, now, true);
        BlockSize = Math.Max(512, (long)answer.FragmentSize);
    }
}
