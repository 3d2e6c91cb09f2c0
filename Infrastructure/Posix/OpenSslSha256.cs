using System.Buffers.Binary;
using System.Security.Cryptography;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>One SHA-256 in progress.</summary>
/// <remarks>
/// The saved state has, all numbers big-endian so that it can move between machines: version (1), number of hashed bytes (8), the eight
/// words (32), the bytes of the incomplete block (0 to 63), and as a checksum the first eight bytes of the SHA-256 of all this. Its length
/// follows from the number of hashed bytes.
/// </remarks>
internal sealed unsafe class OpenSslSha256 : IRunningHash
{
    private const byte Version = 1;
    private const int Header = 1 + sizeof(long) + (Sha256Context.Words * sizeof(uint));
    private const int Checksum = 8;

    // SHA-256 counts bits in 64 bits.
    private const long MaxLength = long.MaxValue >> 3;

    private readonly OpenSslHashes.Functions _library;
    private Sha256Context _context;

    private OpenSslSha256(OpenSslHashes.Functions library) => _library = library;

    public long Length { get; private set; }

    public static OpenSslSha256 Start(OpenSslHashes.Functions library)
    {
        var hash = new OpenSslSha256(library);
        fixed (Sha256Context* context = &hash._context)
            Require(library.Init(context));
        return hash;
    }

    /// <summary>Null if the state is damaged or was not written by <see cref="Save"/>.</summary>
    public static OpenSslSha256? Restore(OpenSslHashes.Functions library, ReadOnlySpan<byte> state)
    {
        if (state.Length < Header + Checksum || state[0] != Version)
            return null;
        var length = BinaryPrimitives.ReadInt64BigEndian(state[1..]);
        if (length is < 0 or > MaxLength)
            return null;
        var filled = (int)(length % Sha256Context.BlockSize);
        if (state.Length != Header + filled + Checksum || !state[^Checksum..].SequenceEqual(ChecksumOf(state[..^Checksum])))
            return null;

        // Init sets the fields other than words and block.
        var hash = Start(library);
        hash.Length = length;
        ref var context = ref hash._context;
        for (var i = 0; i < Sha256Context.Words; i++)
            context.H[i] = BinaryPrimitives.ReadUInt32BigEndian(state[(9 + (i * sizeof(uint)))..]);
        var bits = (ulong)length << 3;
        (context.BitsLow, context.BitsHigh) = ((uint)bits, (uint)(bits >> 32));
        context.Filled = (uint)filled;
        fixed (byte* block = context.Block)
            state.Slice(Header, filled).CopyTo(new Span<byte>(block, Sha256Context.BlockSize));
        return hash;
    }

    /// <summary>Whether this libcrypto lays out its state as <see cref="Save"/> and <see cref="Restore"/> assume.</summary>
    public static bool StateIsUnderstood(OpenSslHashes.Functions library)
    {
        // Split after whole blocks and an incomplete one, with enough bytes left to complete it.
        var bytes = new byte[3 * Sha256Context.BlockSize];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 7);
        const int split = (2 * Sha256Context.BlockSize) + 17;
        var first = Start(library);
        first.Append(bytes.AsSpan(0, split));
        var second = Restore(library, first.Save());
        second?.Append(bytes.AsSpan(split));
        return first.Current() == Sha256Digest.Of(bytes.AsSpan(0, split)) && second?.Current() == Sha256Digest.Of(bytes);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length, MaxLength - bytes.Length, nameof(bytes));
        fixed (Sha256Context* context = &_context)
        fixed (byte* start = bytes)
            Require(_library.Update(context, start, (nuint)bytes.Length));
        Length += bytes.Length;
    }

    public Sha256Digest Current()
    {
        // Finish a copy, so that the hash can continue.
        var copy = _context;
        Span<byte> digest = stackalloc byte[Sha256Digest.Length];
        fixed (byte* bytes = digest)
            Require(_library.Final(bytes, &copy));
        return new Sha256Digest(digest);
    }

    public byte[] Save()
    {
        var filled = (int)(Length % Sha256Context.BlockSize);
        var state = new byte[Header + filled + Checksum];
        state[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(state.AsSpan(1), Length);
        for (var i = 0; i < Sha256Context.Words; i++)
            BinaryPrimitives.WriteUInt32BigEndian(state.AsSpan(9 + (i * sizeof(uint))), _context.H[i]);
        fixed (byte* block = _context.Block)
            new ReadOnlySpan<byte>(block, filled).CopyTo(state.AsSpan(Header));
        ChecksumOf(state.AsSpan(0, Header + filled)).CopyTo(state.AsSpan(Header + filled));
        return state;
    }

    /// <summary>Nothing to free: the state lies in this object.</summary>
    public void Dispose()
    {
    }

    private static ReadOnlySpan<byte> ChecksumOf(ReadOnlySpan<byte> state) => SHA256.HashData(state).AsSpan(0, Checksum);

    private static void Require(int answer)
    {
        if (answer != 1)
            throw new CryptographicException("libcrypto's SHA-256 failed.");
    }
}
