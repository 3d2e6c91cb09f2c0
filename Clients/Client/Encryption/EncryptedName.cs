using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// A file's name under its key: a salt and one chunk of the raw mode, in base 64 for addresses. Names are padded, so that their lengths
/// tell little; those of folders that older clients have made are not.
/// </summary>
internal static class EncryptedName
{
    /// <summary>What fits into the 255 bytes of a name at the service.</summary>
    public const int MostBytes = 150;

    private const int Step = 32;

    private const int Least = (ChunkedCipher.SaltSize + ChunkedCipher.TagSize) * 4 / 3;

    /// <param name="key">The file's or the folder's key.</param>
    /// <param name="name">The name, or another text that has no bound.</param>
    /// <param name="salt">Never the same for two texts.</param>
    /// <param name="isName">Whether it becomes a name at the service.</param>
    /// <param name="isPadded">Whether its length is hidden.</param>
    /// <exception cref="TransferException">The name is too long.</exception>
    public static string Encrypt(ContentKey key, string name, ReadOnlySpan<byte> salt, bool isName = true, bool isPadded = true)
    {
        var text = Encoding.UTF8.GetBytes(name);
        if (isName && text.Length > MostBytes)
        {
            throw new TransferException(
                TransferFailure.Refused, $"The name {name} has {text.Length} bytes; an encrypted name has at most {MostBytes}. Shorten it.")
            {
                Code = Wire.ProblemCodes.InvalidPath,
            };
        }

        if (isPadded)
            Array.Resize(ref text, Padded(text.Length, isName));
        var bytes = new byte[ChunkedCipher.SaltSize + text.Length + ChunkedCipher.TagSize];
        salt.CopyTo(bytes);
        // Another context: under one salt, a nonce must not meet a name with and without its padding.
        using var cipher = new ChunkedCipher(key.Bytes, salt, ContextOf(isPadded));
        cipher.Encrypt(0, text, bytes.AsSpan(ChunkedCipher.SaltSize));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Whether a name can be an encrypted one. Other names of that length and these letters look the same.</summary>
    public static bool IsLike(string name) => name.Length >= Least && Base64Url.IsValid(name);

    /// <returns>Null if this name was not encrypted with this key.</returns>
    public static string? Decrypt(ContentKey key, string name)
    {
        if (!IsLike(name))
            return null;
        var bytes = Base64Url.DecodeFromChars(name).AsSpan();
        var text = new byte[bytes.Length - ChunkedCipher.SaltSize - ChunkedCipher.TagSize];
        foreach (var isPadded in (bool[])[true, false])
        {
            if (isPadded && text.Length % Step != 0 && text.Length != MostBytes)
                continue;
            using var cipher = new ChunkedCipher(key.Bytes, bytes[..ChunkedCipher.SaltSize], ContextOf(isPadded));
            if (!cipher.TryDecrypt(0, bytes[ChunkedCipher.SaltSize..], text))
                continue;
            // No name has a zero.
            return Encoding.UTF8.GetString(isPadded ? text.AsSpan().TrimEnd((byte)0) : text);
        }

        return null;
    }

    private static ReadOnlySpan<byte> ContextOf(bool isPadded) => isPadded ? "padded name"u8 : "name"u8;

    private static int Padded(int length, bool isName)
    {
        var padded = Math.Max(1, (length + Step - 1) / Step) * Step;
        return isName ? Math.Min(padded, MostBytes) : padded;
    }

    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(ChunkedCipher.SaltSize);
}
