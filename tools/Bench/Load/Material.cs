using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace ChunkUpload.Bench.Load;

/// <summary>
/// The same random bytes again and again, in memory that is allocated once, so that sending costs the client no generation. The bytes
/// repeat after a prime number, so no two chunks of a file are equal, and a misplaced chunk is noticed.
/// </summary>
internal static class Material
{
    private const int Period = (16 << 20) - 3;

    private static readonly byte[] Bytes = Make();
    private static readonly ConcurrentDictionary<(int Begin, long Count), byte[]> Digests = [];

    /// <summary>The bytes from an offset on, up to the end of the buffer and at most the requested number.</summary>
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
