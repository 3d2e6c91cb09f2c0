using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// The content of a file of age (c2sp.org/age): chunks of 64 KiB under ChaCha20-Poly1305, of which the last one is marked in its nonce.
/// </summary>
internal static class AgePayload
{
    private const string Intro = "age-encryption.org/v1";
    private const int ChunkSize = 64 << 10;
    private const int TagSize = 16;
    private const int SaltSize = 16;
    private const int NonceSize = 12;

    public static ReadOnlySpan<byte> FirstLine => "age-encryption.org/v1\n"u8;

    public static ReadOnlySpan<byte> Armor => "-----BEGIN AGE ENCRYPTED FILE-----"u8;

    /// <returns>Null if the bytes end before the header does.</returns>
    public static AgeHeader? ReadHeader(ReadOnlyMemory<byte> bytes, string name)
    {
        try
        {
            return AgeHeader.Read(Intro, bytes);
        }
        catch (FormatException failure)
        {
            throw new TransferException(TransferFailure.Checksum, $"The header of {name} is damaged: {failure.Message}", failure);
        }
    }

    /// <param name="input">The file after its header.</param>
    /// <param name="fileKey">The key from the header.</param>
    /// <param name="target">The stream to which the content is written.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="stop">Cancels the call.</param>
    public static async Task<long> DecryptAsync(Stream input, ContentKey fileKey, Stream target, string name, CancellationToken stop)
    {
        if (!ChaCha20Poly1305.IsSupported)
        {
            throw new TransferException(
                TransferFailure.Refused, "This system has no ChaCha20-Poly1305, which files of age need. Open it with age itself.");
        }

        var salt = new byte[SaltSize];
        await input.ReadExactlyAsync(salt, stop);
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey.Bytes, key, salt, "payload"u8);
        using var cipher = new ChaCha20Poly1305(key);
        var (chunk, next, text, nonce) = (new byte[ChunkSize + TagSize], new byte[1], new byte[ChunkSize], new byte[NonceSize]);
        var carried = 0;
        for (long index = 0, total = 0; ; index++)
        {
            var read = carried + await input.ReadAtLeastAsync(
                chunk.AsMemory(carried), chunk.Length - carried, throwOnEndOfStream: false, stop);
            // Only its first byte shows whether another chunk follows.
            carried = read == chunk.Length ? await input.ReadAtLeastAsync(next, 1, throwOnEndOfStream: false, stop) : 0;
            var isLast = carried == 0;
            if (read < TagSize || (read == TagSize && index > 0))
                throw LocalDecryption.Damaged(name);
            // The first eleven bytes are the counter; the twelfth marks the last chunk.
            BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(3, sizeof(long)), index);
            nonce[^1] = isLast ? (byte)1 : (byte)0;
            var length = read - TagSize;
            if (!TryDecrypt(cipher, nonce, chunk.AsSpan(0, length), chunk.AsSpan(length, TagSize), text.AsSpan(0, length)))
                throw LocalDecryption.Damaged(name);
            await target.WriteAsync(text.AsMemory(0, length), stop);
            total += length;
            if (isLast)
            {
                CryptographicOperations.ZeroMemory(key);
                CryptographicOperations.ZeroMemory(text);
                return total;
            }

            chunk[0] = next[0];
        }
    }

    private static bool TryDecrypt(
        ChaCha20Poly1305 cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> chunk, ReadOnlySpan<byte> tag, Span<byte> text)
    {
        try
        {
            cipher.Decrypt(nonce, chunk, tag, text);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
