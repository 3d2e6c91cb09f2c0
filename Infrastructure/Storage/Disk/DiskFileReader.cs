using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>An open stored file. Its descriptor outlives its name: a download goes on while its file is unlinked.</summary>
internal sealed class DiskFileReader : IStoredFileReader, IUncachedReader, ISendingReader
{
    private readonly SafeFileHandle _handle;
    private readonly DiskStore _volume;
    private readonly StoredFile _file;
    private readonly string _name;
    private readonly long _opened;

    private readonly DirectMode _mode;

    // Whether a read past the page cache has failed here.
    private bool _cannot;
    private FirstReads.Parts? _parts;

    // Up to where it has read, one after the other: what is read once more, as it could not be sent, counts once.
    private long _at = -1;

    private DiskFileReader(OpenedFile opened, DiskStore volume, StoredFile file)
    {
        (_handle, _opened, _volume, _file, _name) = (opened.Handle, opened.Length, volume, file, DiskLayout.Describe(file));
        _mode = new DirectMode(volume.Calls, _handle);
    }

    public long Length => (long)PosixFile.Stat(_volume.Calls, _handle, _name).Size;

    public static DiskFileReader Open(DiskStore volume, StoredFile file)
    {
        var opened = volume.OpenFile(file, OpenFlags.ReadOnly);
        // Advice only: a file system that does not take it reads as well.
        volume.Calls.Fadvise(opened.Handle, 0, 0, PosixFlags.FadviseSequential);
        return new DiskFileReader(opened, volume, file);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        _mode.End("Reading", _name);
        if (_at < 0)
            _at = offset;
        try
        {
            return await RandomAccess.ReadAsync(_handle, buffer, offset, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Io, $"Reading {_name} failed: {e.Message}", e);
        }
    }

    // What the call says of a failure is not worth telling the file's from the socket's: the way that follows meets it again.
    public int SendTo(nint target, long offset, int count) =>
        _mode.TrySet(on: false) ? (int)Math.Max(_volume.Calls.SendFile(target, _handle, offset, count), 0) : 0;

    public async ValueTask<IStoredBytes?> ReadPastCacheAsync(long offset, int count)
    {
        const int page = DirectMode.Page;
        if (_cannot || !_volume.WritesDirectly || count < (_mode.IsOn ? 1 : DirectMode.Least))
            return null;
        var skip = (int)(offset & (page - 1));
        var whole = Math.Min((skip + count + page - 1) & -page, IoBlocks.Block.Half);
        // Where nobody can tell, the cache does as it likes.
        var cached = _volume.Calls.CachedPages(_handle, offset - skip, whole) * page;
        if (cached < 0 || cached >= whole)
            return null;
        // Whichever way it goes from here, the device is waited for.
        await _volume.Downloads.EnterAsync();
        _parts ??= _volume.FirstReads.Of(_file, _opened);
        if (cached > whole / 2 || (offset >= _at && _parts.WasRead(offset)) || !_mode.TrySet(on: true))
            return null;
        var block = _volume.Blocks.Rent();
        var read = _volume.Calls.Pread(_handle, block.First[..whole], offset - skip);
        if (read < 0)
        {
            // Whether it is the file system that cannot or the device: the way that follows meets it again.
            _cannot = true;
            block.Dispose();
            return null;
        }

        var there = (int)Math.Clamp(read - skip, 0, count);
        _at = _at < 0 ? offset : _at;
        if (offset + there > _at)
        {
            _parts.Add(offset, offset + there - _at);
            _at = offset + there;
        }

        block.Filled = skip..(skip + there);
        return block;
    }

    public Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _mode.End("Reading", _name);
        return new LongReads(_volume, _handle, _mode, _name).HashAsync(into, offset, length, cancellationToken);
    }

    public void Dispose() => _handle.Dispose();
}
