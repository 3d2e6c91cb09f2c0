using System.Buffers;
using System.Numerics;

namespace ChunkUpload.Core.Storage;

/// <summary>Keeps received bytes in memory that grows as they arrive. Not thread-safe.</summary>
public sealed class ReceiveBuffer : IDisposable
{
    private const int Least = 64 << 10;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    /// <summary>Returns the size of the memory that a buffer with this number of bytes needs.</summary>
    public static long CapacityFor(long bytes) => bytes == 0 ? 0 : (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, Least));

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(checked((int)CapacityFor(Length + bytes.Length)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            Free();
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Returns the first bytes, which stay valid until the buffer is changed or disposed of.</summary>
    public ReadOnlyMemory<byte> First(int length) => _bytes.AsMemory(0, Math.Min(length, Length));

    public void Dispose()
    {
        Free();
        (_bytes, Length) = ([], 0);
    }

    private void Free()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
    }
}
