using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>One digest of libcrypto in progress.</summary>
/// <remarks>
/// The saved state has, all numbers big-endian so that it can move between machines: a mark of the digest (1), number of hashed bytes (8),
/// the working words, the bytes of the incomplete block (0 to 63), and as a checksum the first eight bytes of the SHA-256 of all this. Its
/// length follows from the number of hashed bytes.
/// </remarks>
internal sealed unsafe class OpenSslDigest
{
    private const int BlockSize = OpenSslFunctions.BlockSize;
    private const int FirstWord = 1 + sizeof(long);
    private const int Checksum = 8;

    // These digests count bits in 64 bits.
    private const long MaxLength = long.MaxValue >> 3;

    private readonly OpenSslFunctions _library;
    private OpenSslContext _context;

    public OpenSslDigest(OpenSslFunctions library)
    {
        _library = library;
        fixed (OpenSslContext* context = &_context)
            Require(library.Init(context));
    }

    public long Length { get; private set; }

    private int Header => FirstWord + _library.DigestLength;

    private int Filled => (int)(Length % BlockSize);

    /// <summary>Returns null if the state is damaged or was not written by <see cref="Save"/>.</summary>
    public static OpenSslDigest? Restore(OpenSslFunctions library, ReadOnlySpan<byte> state)
    {
        if (state.Length < FirstWord + library.DigestLength + Checksum || state[0] != library.Mark)
            return null;
        var length = BinaryPrimitives.ReadInt64BigEndian(state[1..]);
        if (length is < 0 or > MaxLength)
            return null;
        // What is not set here is as Init leaves it.
        var digest = new OpenSslDigest(library) { Length = length };
        var header = digest.Header;
        var filled = digest.Filled;
        if (state.Length != header + filled + Checksum || !state[^Checksum..].SequenceEqual(ChecksumOf(state[..^Checksum])))
            return null;

        var words = digest.ContextWords;
        for (var i = 0; i < library.Words; i++)
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(state[(FirstWord + (i * sizeof(uint)))..]);
        var bits = (ulong)length << 3;
        (words[library.Words], words[library.Words + 1]) = ((uint)bits, (uint)(bits >> 32));
        words[library.Words + 2 + (BlockSize / sizeof(uint))] = (uint)filled;
        state.Slice(header, filled).CopyTo(digest.Block);
        return digest;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length, MaxLength - bytes.Length, nameof(bytes));
        fixed (OpenSslContext* context = &_context)
        fixed (byte* start = bytes)
            Require(_library.Update(context, start, (nuint)bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Writes the digest of the bytes so far; it can continue.</summary>
    /// <param name="digest">As long as the digest.</param>
    public void Current(Span<byte> digest)
    {
        // Finish a copy.
        var copy = _context;
        fixed (byte* bytes = digest)
            Require(_library.Final(bytes, &copy));
    }

    public byte[] Save()
    {
        var filled = Filled;
        var state = new byte[Header + filled + Checksum];
        state[0] = _library.Mark;
        BinaryPrimitives.WriteInt64BigEndian(state.AsSpan(1), Length);
        var words = ContextWords;
        for (var i = 0; i < _library.Words; i++)
            BinaryPrimitives.WriteUInt32BigEndian(state.AsSpan(FirstWord + (i * sizeof(uint))), words[i]);
        Block[..filled].CopyTo(state.AsSpan(Header));
        ChecksumOf(state.AsSpan(0, Header + filled)).CopyTo(state.AsSpan(Header + filled));
        return state;
    }

    private Span<uint> ContextWords => MemoryMarshal.Cast<OpenSslContext, uint>(new Span<OpenSslContext>(ref _context));

    /// <summary>The incomplete block.</summary>
    private Span<byte> Block => MemoryMarshal.AsBytes(ContextWords).Slice((_library.Words + 2) * sizeof(uint), BlockSize);

    private static ReadOnlySpan<byte> ChecksumOf(ReadOnlySpan<byte> state) => SHA256.HashData(state).AsSpan(0, Checksum);

    private static void Require(int answer)
    {
        if (answer != 1)
            throw new CryptographicException("A digest of libcrypto failed.");
    }
}
