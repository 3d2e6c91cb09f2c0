using System.Buffers;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Checks;

/// <summary>The bytes of an upload that is being checked.</summary>
public sealed class CheckedContent(ExtentReader extents, UploadId upload, long size)
{
    private const int BufferSize = 256 << 10;

    public long Size => size;

    /// <summary>
    /// Passes all bytes to <paramref name="write"/>, in order. Throws <see cref="StoreException"/> when stored bytes are missing.
    /// </summary>
    public async Task CopyToAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        if (size == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await foreach (var range in extents.OpenRangesAsync(upload, new ByteRange(0, size), cancellationToken))
            {
                for (long done = 0; done < range.Range.Length;)
                {
                    var want = (int)Math.Min(buffer.Length, range.Range.Length - done);
                    var got = await range.Reader.ReadAsync(buffer.AsMemory(0, want), range.FileOffset + done, cancellationToken);
                    if (got == 0)
                        throw new StoreException(
                            StoreError.Damaged, $"The file that holds bytes {range.Range.Offset}-{range.Range.End - 1} is too short.");
                    await write(buffer.AsMemory(0, got), cancellationToken);
                    done += got;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
