using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The free-space watermark: new bytes are refused before the disk is full, so that the database and the deletes that mend it still work.
/// The file system is asked at most once a second; in between, what was handed out is counted here.
/// </summary>
internal sealed class FreeSpace(ISyscalls calls, SafeFileHandle directory, long reserve, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _free, _total, _promised, _askedAt;
    private bool _known;

    /// <summary>New uploads stop here.</summary>
    public long Reserve => reserve;

    /// <summary>
    /// Merging stops only here: it frees what it has copied, and if it stopped where uploads do, nothing would ever get room again.
    /// </summary>
    public long MergeReserve => reserve / 2;

    /// <summary>Alignment of reflinks.</summary>
    public long BlockSize { get; private set; } = 4096;

    /// <summary>The first question; here a failure is told.</summary>
    public void Ask()
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
            return new StoreHealth(Math.Max(0, _free - _promised), _total, reserve, degraded);
        }
    }

    /// <summary>
    /// Sets bytes aside, or throws <see cref="StoreError.NoSpace"/> when fewer than <paramref name="floor"/> would be left.
    /// </summary>
    public void Promise(long bytes, long floor)
    {
        lock (_gate)
        {
            if (!Fits(bytes, floor))
                throw new StoreException(StoreError.NoSpace, $"The volume has {_free} bytes free, {_promised} of them promised; {bytes} "
                    + $"more would leave less than the reserve of {floor}.");
            _promised += bytes;
        }
    }

    public bool HasRoomFor(long bytes)
    {
        lock (_gate)
            return Fits(bytes, reserve);
    }

    /// <summary>A promise was kept: the file system counts these bytes as used now.</summary>
    public void Kept(long bytes)
    {
        lock (_gate)
        {
            _promised -= bytes;
            _free -= bytes;
        }
    }

    /// <summary>A promise is not needed any more.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
            _promised -= bytes;
    }

    /// <summary>Bytes were freed, or the device said that it is full: ask again next time.</summary>
    public void Forget()
    {
        lock (_gate)
            _known = false;
    }

    private bool Fits(long bytes, long floor)
    {
        Refresh(force: false);
        if (IsThere())
            return true;
        // Something may have been deleted since the last look.
        Refresh(force: true);
        return IsThere();

        bool IsThere() => bytes <= _free - _promised - floor;
    }

    private void Refresh(bool force)
    {
        var now = time.GetTimestamp();
        if (_known && !force && time.GetElapsedTime(_askedAt, now) < Fresh)
            return;
        // Where the question itself fails, the last answer holds; the write that follows meets the real error.
        if (calls.StatVfs(directory, out var answer) < 0)
            return;
        (_free, _total, _askedAt, _known) = (answer.FreeBytes, answer.TotalBytes, now, true);
        BlockSize = Math.Max(512, (long)answer.FragmentSize);
    }
}
