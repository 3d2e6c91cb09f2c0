using System.Buffers.Binary;

namespace ChunkUpload.Core.Hashing;

/// <summary>
/// The digest of OneDrive and SharePoint: a register of 160 bits into which byte i is XORed at bit 11 * i. Its state is the register and
/// the length, so it can be saved and restored.
/// </summary>
public sealed class QuickXorHash
{
    private const int Bits = 160, Shift = 11, Bytes = Bits / 8;

    /// <summary>The length of a saved state.</summary>
    public const int StateLength = Bytes + sizeof(long);

    private readonly byte[] _register = new byte[Bytes];
    private long _length;

    public long Length => _length;

    /// <returns>Null if it is not a saved state.</returns>
    public static QuickXorHash? Restore(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength)
            return null;
        var hash = new QuickXorHash { _length = BinaryPrimitives.ReadInt64LittleEndian(state[Bytes..]) };
        state[..Bytes].CopyTo(hash._register);
        return hash;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        // Bytes whose positions are 160 apart are XORed at the same bit, so they are combined first.
        Span<byte> columns = stackalloc byte[Bits];
        var start = (int)(_length % Bits);
        for (var at = 0; at < bytes.Length;)
        {
            var run = Math.Min(Bits - start, bytes.Length - at);
            for (var i = 0; i < run; i++)
                columns[start + i] ^= bytes[at + i];
            at += run;
            start = 0;
        }

        for (var i = 0; i < Bits; i++)
        {
            var bit = i * Shift % Bits;
            var value = columns[i] << (bit % 8);
            _register[bit / 8] ^= (byte)value;
            _register[((bit / 8) + 1) % Bytes] ^= (byte)(value >> 8);
        }

        _length += bytes.Length;
    }

    /// <summary>The digest of the bytes so far, in base64; the hash can continue.</summary>
    public string Current()
    {
        Span<byte> digest = stackalloc byte[Bytes];
        _register.CopyTo(digest);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, _length);
        for (var i = 0; i < length.Length; i++)
            digest[Bytes - length.Length + i] ^= length[i];
        return Convert.ToBase64String(digest);
    }

    public byte[] Save()
    {
        var state = new byte[StateLength];
        _register.CopyTo(state, 0);
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(Bytes), _length);
        return state;
    }
}
