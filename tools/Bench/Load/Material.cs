using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace ChunkUpload.Bench.Load;

/// <summary>
/// The same random bytes over and over, in memory that is touched once: what is sent costs the client nothing to make. They come again after a prime
/// number of bytes, so that no two chunks of a file are alike and one in another's place is seen.
/// </summary>
internal static class Material
{
    private const int Period = (16 << 20) - 3;

    private static readonly byte[] Bytes = Make();
    private static readonly ConcurrentDictionary<(int Begin, long Count), byte[]> Digests = [];

    /// <summary>The bytes from an offset on, as many as lie in one extent and no more than asked for.</summary>
    public static ReadOnlyMemory<byte> At(long offset, long count)
    {
        var begin = (int)(offset % Period);
        return Bytes.AsMemory(begin, (int)Math.Min(count, Period - begin));
    }

    public static byte[] Digest(long offset, long count) => Digests.GetOrAdd(((int)(offset % Period), count), static key =>
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < key.Count;)
        {
            var extent = At(key.Begin + done, key.Count - done);
            hash.AppendData(extent.Span);
            done += extent.Length;
        }

        return hash.GetHashAndReset();
    });

    private static byte[] Make()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Period, pinned: true);
        new Random(20_264).NextBytes(bytes);
        return bytes;
    }
}
