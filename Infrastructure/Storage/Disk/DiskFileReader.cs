using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>An open stored file. Its descriptor outlives its name: a download goes on while its file is unlinked.</summary>
internal sealed class DiskFileReader : IStoredFileReader
{
    private readonly SafeFileHandle _handle;
    private readonly DiskVolume _volume;
    private readonly string _name;

    private DiskFileReader(SafeFileHandle handle, DiskVolume volume, string name) => (_handle, _volume, _name) = (handle, volume, name);

    public long Length => (long)PosixFile.Stat(_volume.Calls, _handle, _name).Size;

    public static DiskFileReader Open(DiskVolume volume, StoredFile file)
    {
        var handle = volume.OpenFile(file, OpenFlags.ReadOnly).Handle;
        // Advice only: a file system that does not take it reads as well.
        volume.Calls.Fadvise(handle, 0, 0, PosixFlags.FadviseSequential);
        return new DiskFileReader(handle, volume, DiskLayout.Describe(file));
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
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
    public int Send(SafeHandle socket, long offset, int count) => (int)Math.Max(_volume.Calls.SendFile(socket, _handle, offset, count), 0);

    public Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new LongReads(_volume, _handle, _name).HashAsync(into, offset, length, cancellationToken);
    }

    public void Dispose() => _handle.Dispose();
}
