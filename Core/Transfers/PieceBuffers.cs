using System.Buffers;
using System.Collections.Concurrent;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// Buffers of pieces, to be used again. The runtime's pool makes powers of two: a piece of 10 MiB would take 16. A collection takes large
/// buffers that nobody uses, so a service without transfers keeps none.
/// </summary>
internal static class PieceBuffers
{
    private const int Step = 1 << 20;

    private static readonly ConcurrentDictionary<int, ConcurrentBag<WeakReference<byte[]>>> Unused = new();

    public static byte[] Rent(int length)
    {
        if (length <= Step)
            return ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        var rounded = checked((length + Step - 1) / Step * Step);
        if (Unused.TryGetValue(rounded, out var unused))
        {
            while (unused.TryTake(out var known))
            {
                if (known.TryGetTarget(out var buffer))
                    return buffer;
            }
        }

        return GC.AllocateUninitializedArray<byte>(rounded);
    }

    public static void Return(byte[] buffer)
    {
        if (buffer.Length <= Step)
            ArrayPool<byte>.Shared.Return(buffer);
        else
            Unused.GetOrAdd(buffer.Length, _ => []).Add(new WeakReference<byte[]>(buffer));
    }
}
