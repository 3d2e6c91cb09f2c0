using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

internal sealed class ScratchFiles(string directory, IChunkStore store) : IScratchFiles
{
    public IScratchFile Create()
    {
        try
        {
            return new ScratchFile(Unlinked(directory), store);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw Failure(reason);
        }
    }

    /// <summary>Opens a new file and removes its name at once.</summary>
    public static SafeFileHandle Unlinked(string directory)
    {
        var path = Path.Combine(directory, $"kept-{FreshGuid.Next():n}");
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.Asynchronous);
        File.Delete(path);
        return handle;
    }

    private static StoreException Failure(Exception reason) =>
        new(reason.HResult is Errno.NoSpace or Errno.Quota ? StoreError.NoSpace : StoreError.Io, "A temporary file failed.", reason);

    private sealed class ScratchFile(SafeFileHandle handle, IChunkStore store) : IScratchFile
    {
        /// <summary>The number of bytes that are written between two checks of the free space.</summary>
        private const long CheckEvery = 16 << 20;

        private long _checkAt;

        public long Length { get; private set; }

        public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (Length + bytes.Length > _checkAt)
            {
                if (!store.HasRoomFor(Math.Max(CheckEvery, bytes.Length)))
                    throw new StoreException(StoreError.NoSpace, "A temporary file would take the free-space reserve.");
                _checkAt = Length + Math.Max(CheckEvery, bytes.Length);
            }

            try
            {
                await RandomAccess.WriteAsync(handle, bytes, Length, cancellationToken);
            }
            catch (IOException reason)
            {
                throw Failure(reason);
            }

            Length += bytes.Length;
        }

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        {
            try
            {
                return await RandomAccess.ReadAsync(handle, buffer, offset, cancellationToken);
            }
            catch (IOException reason)
            {
                throw Failure(reason);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
