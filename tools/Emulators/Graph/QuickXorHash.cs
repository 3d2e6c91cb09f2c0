using System.Numerics;

namespace ChunkUpload.Emulators.Graph;

/// <summary>OneDrive's QuickXorHash, whose state can be copied while it grows.</summary>
/// <remarks>
/// Byte i is XORed into a register of 160 bits at position (11 · i) mod 160. Bytes that are 160 apart meet at the same position:
/// they are XORed as they arrive, many at once, and shifted to their place only at the end.
/// </remarks>
internal sealed class QuickXorHash
{
    private const int Bits = 160;

    private readonly byte[] _columns = new byte[Bits];
    private long _length;

    public long Length => _length;

    public static string Of(ReadOnlySpan<byte> content)
    {
        var hash = new QuickXorHash();
        hash.Append(content);
        return hash.ToBase64();
    }

    public QuickXorHash Copy()
    {
        var copy = new QuickXorHash { _length = _length };
        _columns.CopyTo(copy._columns, 0);
        return copy;
    }

    public void Append(ReadOnlySpan<byte> content)
    {
        var column = (int)(_length % Bits);
        _length += content.Length;
        while (content.Length > 0)
        {
            var count = Math.Min(content.Length, Bits - column);
            Xor(_columns.AsSpan(column, count), content[..count]);
            content = content[count..];
            column = 0;
        }
    }

    public string ToBase64()
    {
        var register = new byte[Bits / 8];
        for (var column = 0; column < Bits; column++)
        {
            var position = 11 * column % Bits;
            var (index, shift) = (position / 8, position % 8);
            register[index] ^= (byte)(_columns[column] << shift);
            register[(index + 1) % register.Length] ^= (byte)(_columns[column] >> (8 - shift));
        }

        for (var index = 0; index < 8; index++)
            register[12 + index] ^= (byte)(_length >> (8 * index));
        return Convert.ToBase64String(register);
    }

    private static void Xor(Span<byte> target, ReadOnlySpan<byte> content)
    {
        var done = 0;
        for (; done <= content.Length - Vector<byte>.Count; done += Vector<byte>.Count)
        {
            var sum = new Vector<byte>(target[done..]) ^ new Vector<byte>(content[done..]);
            sum.CopyTo(target[done..]);
        }

        for (; done < content.Length; done++)
            target[done] ^= content[done];
    }
}
