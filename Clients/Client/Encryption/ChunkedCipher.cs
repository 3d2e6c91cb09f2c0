using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// Cobblestone-128 of c2sp.org/chunked-encryption: a message of chunks of 16 KiB under AES-128-GCM, of which each opens by itself, with a
/// commitment to the key. The last chunk is always shorter, which shows that nothing is missing behind it. Not for concurrent use.
/// </summary>
internal sealed class ChunkedCipher : IDisposable
{
    public const int ChunkSize = 16 << 10;
    public const int TagSize = 16;
    public const int SealedSize = ChunkSize + TagSize;
    public const int SaltSize = 24;
    public const int CommitmentSize = 32;
    public const int PrefixSize = SaltSize + CommitmentSize;

    private const int KeySize = 16;
    private const int NonceSize = 12;
    private const long MostChunks = 1L << 38;

    private readonly byte[] _nonce;
    private readonly AesGcm _aes;

    public ChunkedCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> context)
    {
        if (key.Length != KeySize || salt.Length != SaltSize)
            throw new FormatException("A key has 16 bytes, and a salt 24.");
        byte[] info = [.. Encoding.ASCII.GetBytes("c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM\0"), .. salt, .. context];
        // The first block of HKDF-Expand. The implementation of .NET refuses keys that are shorter than the hash.
        Span<byte> derived = stackalloc byte[HMACSHA512.HashSizeInBytes];
        _ = HMACSHA512.HashData(key, [.. info, 1], derived);
        _aes = new AesGcm(derived[..KeySize], TagSize);
        _nonce = derived.Slice(KeySize, NonceSize).ToArray();
        Commitment = derived.Slice(KeySize + NonceSize, CommitmentSize).ToArray();
        CryptographicOperations.ZeroMemory(derived);
    }

    public byte[] Commitment { get; }

    /// <summary>How long the message of a text is.</summary>
    public static long MessageLength(long text) => PrefixSize + text + (ChunksOf(text) * TagSize);

    /// <returns>Null if no message has this length.</returns>
    public static long? TextLength(long message)
    {
        var chunks = message - PrefixSize;
        var rest = chunks % SealedSize;
        return chunks >= 0 && rest >= TagSize ? (chunks / SealedSize * ChunkSize) + rest - TagSize : null;
    }

    public static long ChunksOf(long text) => (text / ChunkSize) + 1;

    public void Encrypt(long index, ReadOnlySpan<byte> text, Span<byte> result)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        NonceOf(index, nonce);
        _aes.Encrypt(nonce, text, result[..text.Length], result.Slice(text.Length, TagSize));
    }

    /// <returns>False if it is not the chunk that was encrypted with this index.</returns>
    public bool TryDecrypt(long index, ReadOnlySpan<byte> chunk, Span<byte> text)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        NonceOf(index, nonce);
        try
        {
            _aes.Decrypt(nonce, chunk[..^TagSize], chunk[^TagSize..], text[..(chunk.Length - TagSize)]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _aes.Dispose();

    private void NonceOf(long index, Span<byte> nonce)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MostChunks);
        _nonce.CopyTo(nonce);
        var low = nonce[^sizeof(long)..];
        BinaryPrimitives.WriteInt64BigEndian(low, BinaryPrimitives.ReadInt64BigEndian(low) ^ index);
    }
}
