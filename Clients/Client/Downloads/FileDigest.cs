using System.Buffers;
using System.Security.Cryptography;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Wire;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Downloads;

/// <summary>The digest of a file that is still being written, along its front.</summary>
internal static class FileDigest
{
    private const int Block = 1 << 20;

    public static async Task<string> AlongAsync(SafeFileHandle output, long size, WrittenRanges written, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = ArrayPool<byte>.Shared.Rent(Block);
        for (long at = 0; at < size;)
        {
            var front = await written.FrontAsync(at, stop);
            while (at < front)
            {
                var read = await RandomAccess.ReadAsync(output, block.AsMemory(0, (int)Math.Min(Block, front - at)), at, stop);
                if (read == 0)
                    throw TransferException.Local("The file became shorter while it was written.");
                hash.AppendData(block.AsSpan(0, read));
                at += read;
            }
        }

        ArrayPool<byte>.Shared.Return(block);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>The ranges in which a file is fetched.</summary>
internal static class Pieces
{
    private const int Most = 16 << 20;

    /// <param name="gap">The missing range.</param>
    /// <param name="most">The most bytes of one range, 16 MiB if null. It is rounded to whole chunks of an encrypted file.</param>
    public static IEnumerable<RangeView> Of(RangeView gap, int? most)
    {
        var piece = Math.Max(ChunkedCipher.ChunkSize, (most ?? Most) / ChunkedCipher.ChunkSize * ChunkedCipher.ChunkSize);
        for (long at = 0; at < gap.Length; at += piece)
            yield return new RangeView(gap.Offset + at, Math.Min(piece, gap.Length - at));
    }
}
