using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace ChunkUpload.Client.Age;

/// <summary>A file's key under a key that is used once: ChaCha20-Poly1305, mostly with a nonce of zeros.</summary>
internal static class KeyWrap
{
    public const int FileKeySize = 16;

    private const int TagSize = 16;
    private const int NonceSize = 12;

    public static byte[] Wrap(byte[] key, ReadOnlySpan<byte> fileKey, byte[]? nonce = null) =>
        Run(true, key, fileKey.ToArray(), nonce);

    /// <returns>Null if it was wrapped with another key.</returns>
    /// <exception cref="FormatException">It is no wrapped file key.</exception>
    public static byte[]? Unwrap(byte[] key, ReadOnlySpan<byte> wrapped, byte[]? nonce = null)
    {
        CheckLength(wrapped);
        try
        {
            return Run(false, key, wrapped.ToArray(), nonce);
        }
        catch (InvalidCipherTextException)
        {
            return null;
        }
    }

    /// <summary>Other lengths could be made to open with several keys.</summary>
    public static void CheckLength(ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length != FileKeySize + TagSize)
            throw new FormatException("The file's key has another length than any.");
    }

    private static byte[] Run(bool encrypt, byte[] key, byte[] input, byte[]? nonce)
    {
        var cipher = new ChaCha20Poly1305();
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(key), TagSize * 8, nonce ?? new byte[NonceSize]));
        var output = new byte[cipher.GetOutputSize(input.Length)];
        var written = cipher.ProcessBytes(input, 0, input.Length, output, 0);
        _ = cipher.DoFinal(output, written);
        return output;
    }
}
