using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>An open stored file. Its descriptor outlives its name: a download goes on while its file is unlinked.</summary>
internal sealed class DiskFileReader : IStoredFileReader
{
    private readonly SafeFileHandle _handle;
    private readonly ISyscalls _calls;
    private readonly string _name;

    private DiskFileReader(SafeFileHandle handle, ISyscalls calls, string name) => (_handle, _calls, _name) = (handle, calls, name);

    public long Length => (long)PosixFile.Stat(_calls, _handle, _name).Size;

    public static DiskFileReader Open(DiskVolume volume, StoredFile file)
    {
        var handle = volume.OpenFile(file, OpenFlags.ReadOnly).Handle;
        // Advice only: a file system that does not take it reads as well.
        volume.Calls.Fadvise(handle, 0, 0, PosixFlags.FadviseSequential);
        return new DiskFileReader(handle, volume.Calls, DiskLayout.Describe(file));
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
    public int Send(SafeHandle socket, long offset, int count) => (int)Math.Max(_calls.SendFile(socket, _handle, offset, count), 0);

    public void Dispose() => _handle.Dispose();
}
