using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>A stored file, open for reads. The descriptor outlives the name, so a download continues after its file is unlinked.</summary>
internal sealed class DiskFileReader : IStoredFileReader, IUncachedReader, ISendingReader
{
    private readonly SafeFileHandle _handle;
    private readonly DiskStore _store;
    private readonly StoredFile _file;
    private readonly string _name;
    private readonly long _lengthAtOpen;

    private readonly DirectMode _mode;

    // Set once a read past the page cache has failed on this descriptor.
    private bool _directFailed;
    private FirstReads.Parts? _parts;

    // The end of the sequential reads so far: bytes that are read again because they could not be sent count once.
    private long _readTo = -1;

    private DiskFileReader(OpenedFile opened, DiskStore store, StoredFile file)
    {
        (_handle, _lengthAtOpen, _store, _file, _name) = (opened.Handle, opened.Length, store, file, DiskLayout.Describe(file));
        _mode = new DirectMode(store.Calls, _handle);
    }

    public long Length => (long)PosixFile.Stat(_store.Calls, _handle, _name).Size;

    public static DiskFileReader Open(DiskStore store, StoredFile file)
    {
        var opened = store.OpenFile(file, OpenFlags.ReadOnly);
        // Advice only: reads work without it.
        store.Calls.Fadvise(opened.Handle, 0, 0, PosixFlags.FadviseSequential);
        return new DiskFileReader(opened, store, file);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        _mode.End("Reading", _name);
        if (_readTo < 0)
            _readTo = offset;
        try
        {
            return await RandomAccess.ReadAsync(_handle, buffer, offset, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Io, $"Reading {_name} failed: {e.Message}", e);
        }
    }

    // An error may be the file's or the socket's. Report none here: the fallback runs into the same error.
    public int SendTo(nint target, long offset, int count) =>
        _mode.TrySet(on: false) ? (int)Math.Max(_store.Calls.SendFile(target, _handle, offset, count), 0) : 0;

    public async ValueTask<IStoredBytes?> ReadPastCacheAsync(long offset, int count)
    {
        const int page = DirectMode.Page;
        if (_directFailed || !_store.WritesDirectly || count < (_mode.IsOn ? 1 : DirectMode.Least))
            return null;
        var skip = (int)(offset & (page - 1));
        var whole = Math.Min((skip + count + page - 1) & -page, IoBlocks.Block.Half);
        // Where cachestat is not available, leave it to the page cache.
        var cached = _store.Calls.CachedPages(_handle, offset - skip, whole) * page;
        if (cached < 0 || cached >= whole)
            return null;
        // From here on, every path waits for the device.
        await _store.Downloads.EnterAsync();
        _parts ??= _store.FirstReads.Of(_file, _lengthAtOpen);
        if (cached > whole / 2 || (offset >= _readTo && _parts.WasRead(offset)) || !_mode.TrySet(on: true))
            return null;
        var block = _store.Blocks.Rent();
        var read = _store.Calls.Pread(_handle, block.First[..whole], offset - skip);
        if (read < 0)
        {
            // The file system may have no O_DIRECT, or the device may have failed: the fallback read tells.
            _directFailed = true;
            block.Dispose();
            return null;
        }

        var there = (int)Math.Clamp(read - skip, 0, count);
        _readTo = _readTo < 0 ? offset : _readTo;
        if (offset + there > _readTo)
        {
            _parts.Add(offset, offset + there - _readTo);
            _readTo = offset + there;
        }

        block.Filled = skip..(skip + there);
        return block;
    }

    public Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _mode.End("Reading", _name);
        return new LongReads(_store, _handle, _mode, _name).HashAsync(into, offset, length, cancellationToken);
    }

    public void Dispose() => _handle.Dispose();
}
